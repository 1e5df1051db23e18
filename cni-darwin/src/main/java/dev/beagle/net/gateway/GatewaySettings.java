package dev.beagle.net.gateway;

import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.IpPrefix;
import dev.beagle.net.wire.MacAddress;

/**
 * What a gateway is made with.
 *
 * @param mtu of every port, in bytes, Ethernet header not counted
 * @param largestFlows bound of the flow tables together; each holds a descriptor of the host
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
