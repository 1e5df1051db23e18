/**
 * Streams of a process in a sandbox. Read {@link dev.beagle.runtime.stdio.ContainerProcess} first.
 */
@NullMarked
package dev.beagle.runtime.stdio;

import org.jspecify.annotations.NullMarked;
