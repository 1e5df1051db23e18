/** Disks, driven from the driver's side. */
@NullMarked
package dev.beagle.runtime.virtio.block;

import org.jspecify.annotations.NullMarked;
