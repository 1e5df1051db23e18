package dev.beagle.net.tcp;

/**
 * What an end of a connection is made with.
 *
 * @param segmentBytes the largest payload of one packet on the link: MTU less headers
 * @param largestFrameBytes the largest payload handed to the link at once; more than segmentBytes
 *     where the link segments
 * @param bufferBytes bound of each direction's buffer, and the largest window
 * @param initialSequence RFC 6528
 */
public record TcpSettings(
    int segmentBytes, int largestFrameBytes, int bufferBytes, int initialSequence) {}
