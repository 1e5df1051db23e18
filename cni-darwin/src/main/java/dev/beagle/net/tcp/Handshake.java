package dev.beagle.net.tcp;

import dev.beagle.net.wire.TcpHeader;

/** The exchange of SYNs, either way (RFC 9293 3.10.7.2 to 3.10.7.4, as far as SYN goes). */
final class Handshake {
  private final TcpSettings settings;
  private final SendSide sending;
  private final ReceiveSide receiving;
  private final SegmentOutput output;
  private boolean offerScale = true;
  private int peerInitial;

  /** What a segment meant for a SYN of ours. */
  enum Answer {
    NONE,
    REFUSED,
    ACCEPTED
  }

  Handshake(TcpSettings settings, SendSide sending, ReceiveSide receiving, SegmentOutput output) {
    this.settings = settings;
    this.sending = sending;
    this.receiving = receiving;
    this.output = output;
  }

  /** The sequence number of the peer's SYN. */
  int peerInitial() {
    return peerInitial;
  }

  /** The peer's SYN was seen. */
  void learn(TcpHeader syn) {
    peerInitial = syn.sequence;
    offerScale = syn.windowScale >= 0;
    sending.learn(syn);
    receiving.start(syn.sequence, offerScale);
  }

  /** A SYN that opens a connection, not one that answers. */
  static boolean opens(TcpHeader in) {
    return in.has(TcpHeader.SYN) && !in.has(TcpHeader.ACK) && !in.has(TcpHeader.RST);
  }

  boolean isRepetition(TcpHeader in) {
    return in.has(TcpHeader.SYN) && !in.has(TcpHeader.ACK) && in.sequence == peerInitial;
  }

  void sendSyn(boolean answer) {
    output.syn(
        answer,
        settings.segmentBytes(),
        offerScale ? ReceiveSide.SCALE : -1,
        Math.min(settings.bufferBytes(), 0xFFFF));
    sending.synSent();
  }

  /** A segment came after our SYN. */
  Answer answer(TcpHeader in) {
    boolean acknowledges = in.has(TcpHeader.ACK);
    if (acknowledges && !acknowledgesSyn(in)) {
      return Answer.NONE;
    }
    if (in.has(TcpHeader.RST)) {
      return acknowledges ? Answer.REFUSED : Answer.NONE;
    }
    if (!in.has(TcpHeader.SYN) || !acknowledges) {
      return Answer.NONE; // A bare SYN: simultaneous open is not supported.
    }
    learn(in);
    return Answer.ACCEPTED;
  }

  /** Whether it acknowledges our SYN; if it acknowledges something else, it is answered so. */
  boolean acknowledgesSyn(TcpHeader in) {
    if (in.acknowledgment == sending.initial() + 1) {
      return true;
    }
    if (!in.has(TcpHeader.RST)) {
      output.reject(in.acknowledgment);
    }
    return false;
  }
}
