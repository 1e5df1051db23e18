/**
 * Pods and containers: the core that CRI, the Docker API and the node agent share. Read {@link
 * dev.beagle.runtime.pod.PodRuntime} first, then the states. What the core needs of images and
 * networks it declares here ({@link dev.beagle.runtime.pod.RootFilesystems}, {@link
 * dev.beagle.runtime.pod.PodNetworks}); it does not know who does it.
 */
@NullMarked
package dev.beagle.runtime.pod;

import org.jspecify.annotations.NullMarked;
