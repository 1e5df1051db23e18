package dev.beagle.net.tcp;

import dev.beagle.net.wire.TcpHeader;

/**
 * Writes an endpoint's segments: each carries what the receiving half acknowledges and promises at
 * that moment (RFC 9293 3.10.8), so that an acknowledgment of its own is needed only where nothing
 * else goes.
 */
final class SegmentOutput {
  private static final long CHALLENGE_INTERVAL = 100_000_000L;

  private final TcpLink link;
  private final SendSide sending;
  private final ReceiveSide receiving;
  private final TcpHeader out = new TcpHeader();
  private boolean acknowledgmentDue;
  private boolean endedFirst;
  private long lastChallenge = -CHALLENGE_INTERVAL;

  SegmentOutput(TcpLink link, SendSide sending, ReceiveSide receiving) {
    this.link = link;
    this.sending = sending;
    this.receiving = receiving;
  }

  /** Whether our FIN went before the peer's had come: then it is us who linger. */
  boolean endedFirst() {
    return endedFirst;
  }

  /**
   * A SYN, or the answer to the peer's.
   *
   * @param windowScale -1 to offer none
   */
  void syn(boolean answer, int maximumSegmentSize, int windowScale, int window) {
    out.maximumSegmentSize = maximumSegmentSize;
    out.windowScale = windowScale;
    out.acknowledgment = answer ? receiving.next() : 0;
    bare(TcpHeader.SYN | (answer ? TcpHeader.ACK : 0), sending.initial(), window);
  }

  /** A segment with the bytes [offset, offset + length) of the send buffer. */
  void data(int flags, int sequence, int offset, int length) {
    if ((flags & TcpHeader.FIN) != 0 && !receiving.ended()) {
      endedFirst = true;
    }
    out.flags = flags;
    out.sequence = sequence;
    out.acknowledgment = receiving.next();
    out.window = receiving.windowField(sending.segmentBytes());
    out.maximumSegmentSize = 0;
    out.windowScale = -1;
    acknowledgmentDue = false;
    link.emit(out, sending.bytes(), offset, length, sending.segmentBytes());
  }

  /** Something came: {@link #flush} shall acknowledge it, unless data goes before. */
  void acknowledgeLater() {
    acknowledgmentDue = true;
  }

  void flush() {
    if (acknowledgmentDue) {
      acknowledge();
    }
  }

  void acknowledge() {
    out.acknowledgment = receiving.next();
    bare(TcpHeader.ACK, sending.highest(), receiving.windowField(sending.segmentBytes()));
    acknowledgmentDue = false;
  }

  /** An acknowledgment in answer to what may be a forgery, not too often (RFC 5961 7). */
  void challenge(long now) {
    if (now - lastChallenge >= CHALLENGE_INTERVAL) {
      lastChallenge = now;
      acknowledge();
    }
  }

  /**
   * Nothing, at a place that the peer has acknowledged: it answers with its acknowledgment and its
   * window, or with RST if it does not know the connection, and loses nothing by it.
   *
   * @param sequence the first that is not acknowledged
   */
  void probe(int sequence) {
    out.acknowledgment = receiving.next();
    bare(TcpHeader.ACK, sequence - 1, receiving.windowField(sending.segmentBytes()));
  }

  /** RST of a connection that both sides know. */
  void reset() {
    out.acknowledgment = receiving.next();
    bare(TcpHeader.RST | TcpHeader.ACK, sending.highest(), 0);
  }

  /** RST in answer to a SYN. */
  void refuse(int peerInitial) {
    out.acknowledgment = peerInitial + 1;
    bare(TcpHeader.RST | TcpHeader.ACK, 0, 0);
  }

  /** RST in answer to an acknowledgment of what was never sent. */
  void reject(int acknowledgment) {
    out.acknowledgment = 0;
    bare(TcpHeader.RST, acknowledgment, 0);
  }

  private void bare(int flags, int sequence, int window) {
    out.flags = flags;
    out.sequence = sequence;
    out.window = window;
    if ((flags & TcpHeader.SYN) == 0) {
      out.maximumSegmentSize = 0;
      out.windowScale = -1;
    }
    link.emit(out, sending.bytes(), 0, 0, sending.segmentBytes());
  }
}
