/**
 * The device's side of virtio 1.2 split rings. Begin with {@link
 * dev.beagle.runtime.virtio.Virtqueue}.
 */
@NullMarked
package dev.beagle.runtime.virtio;

import org.jspecify.annotations.NullMarked;
