/** The registers of virtio devices, driven from the driver's side. */
@NullMarked
package dev.beagle.runtime.virtio.mmio;

import org.jspecify.annotations.NullMarked;
