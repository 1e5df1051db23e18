package dev.beagle.net.tcp;

import dev.beagle.net.wire.TcpHeader;

/** Where an endpoint's segments go. */
public interface TcpLink {
  /** False while the link is full; then new data waits until {@link TcpEndpoint#transmit}. */
  boolean hasRoom();

  /**
   * Sends a segment; addresses and ports are the link's business.
   *
   * @param header everything but the ports; reused after the return
   * @param data holds the payload at [offset, offset + length)
   * @param segmentBytes how to cut the payload where it is longer
   */
  void emit(TcpHeader header, ByteRing data, int offset, int length, int segmentBytes);
}
