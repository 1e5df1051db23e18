/**
 * {@code beagle demo}: a node of its own in a temporary folder, a pod in it, three ways to reach
 * the pod, and nothing left. Read {@link dev.beagle.node.demo.Demo} first.
 */
@NullMarked
package dev.beagle.node.demo;

import org.jspecify.annotations.NullMarked;
