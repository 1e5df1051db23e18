/**
 * What stands in a frame: Ethernet, ARP, IPv4, TCP, UDP, ICMP and the virtio-net header, parsed and
 * emitted; pure. Start at {@link dev.beagle.net.wire.PacketView}.
 */
@NullMarked
package dev.beagle.net.wire;

import org.jspecify.annotations.NullMarked;
