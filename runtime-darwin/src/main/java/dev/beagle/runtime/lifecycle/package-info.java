/**
 * The core at work: {@link dev.beagle.runtime.lifecycle.LocalPodRuntime} keeps this node's pods on
 * the worlds of their kinds and in their records, and takes them over from an earlier daemon.
 */
@NullMarked
package dev.beagle.runtime.lifecycle;

import org.jspecify.annotations.NullMarked;
