/**
 * Network cards (virtio 1.2, section 5.1) that are ports of the switch. Begin with {@link
 * dev.beagle.runtime.virtio.net.NetDevice}.
 */
@NullMarked
package dev.beagle.runtime.virtio.net;

import org.jspecify.annotations.NullMarked;
