package dev.beagle.node.streaming;

import java.time.Duration;

/**
 * What a client may cost and for how long.
 *
 * @param tokenLifetime how long a URL may wait for its client
 * @param waitingTokens URLs waiting at once
 * @param strangers TCP connections at once that have not used a token yet; the oldest goes when
 *     another comes
 * @param connections TCP connections at once that have used a token
 * @param request from the TCP connection to the upgrade
 * @param handshake from the upgrade to all streams
 * @param idle without a byte in either direction
 * @param stallPing how often a connection that we do not read (its target is slow) is probed, since
 *     only a failing write shows then that the client is gone
 * @param grace what one direction of a forwarded connection gets once the other has ended and that
 *     could not be passed on
 * @param linger how long after our end of stream we wait for the client's
 * @param streams open streams of one connection
 */
record StreamingLimits(
    Duration tokenLifetime,
    int waitingTokens,
    int strangers,
    int connections,
    Duration request,
    Duration handshake,
    Duration idle,
    Duration stallPing,
    Duration grace,
    Duration linger,
    int streams) {
  /** The first two and most times are those of the Go library that containerd and CRI-O embed. */
  static final StreamingLimits STANDARD =
      new StreamingLimits(
          Duration.ofMinutes(1),
          1000,
          256,
          4000,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofHours(4),
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          1024);
}
