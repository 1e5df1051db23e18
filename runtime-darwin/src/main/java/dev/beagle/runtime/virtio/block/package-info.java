/**
 * Disks of a guest (virtio 1.2, section 5.2) in raw image files of the host. Begin with {@code
 * BlockDevice}; {@code Disk} is what it needs of the host.
 */
@NullMarked
package dev.beagle.runtime.virtio.block;

import org.jspecify.annotations.NullMarked;
