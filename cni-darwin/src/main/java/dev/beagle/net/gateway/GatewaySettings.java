package dev.beagle.net.gateway;

import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.IpPrefix;
import dev.beagle.net.wire.MacAddress;

/**
 * What a gateway is made with.
 *
 * @param mtu of every port, in bytes, Ethernet header not counted
 * @param largestFlows bound of TCP flows, which have one descriptor of the host each, and twice the
 *     bound of UDP flows, which have two at most; a port has a quarter of each at most
 * @param bufferBytes bound of what waits in each direction of a TCP flow
 * @param secret makes initial sequence numbers unguessable (RFC 6528)
 * @param sequenceClock where the clock of sequence numbers stands; only up, over restarts too
 */
public record GatewaySettings(
    MacAddress mac,
    IpAddress address,
    IpPrefix segment,
    int mtu,
    int largestFlows,
    int bufferBytes,
    long secret,
    int sequenceClock) {}
