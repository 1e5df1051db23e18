/**
 * Empty so far: will serve the Docker Engine API over the pods, images and network of the node, a
 * container as a sandbox with one container in it.
 */
@NullMarked
package dev.beagle.docker;

import org.jspecify.annotations.NullMarked;
