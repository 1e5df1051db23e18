package dev.beagle.net.tcp;

import dev.beagle.net.wire.TcpHeader;

/**
 * The sending half of an endpoint: bytes are kept until acknowledged, a timeout goes back to the
 * first of them (go-back-N), duplicate acknowledgments resend from the hole. No congestion control:
 * the link is inside one machine; after a timeout alone the flight is kept small until the peer
 * answers, because what overran it once would overrun it again.
 */
final class SendSide {
  private static final int UNLIMITED = Integer.MAX_VALUE;

  private final ByteRing bytes;
  private final TcpLink link;
  private final TcpSettings settings;
  private final int initial;
  private int unacknowledged;
  private int next;
  private int highest;
  private int segmentBytes = 536;
  private int largestFrame;
  private int scale;
  private long window;
  private int windowSequence;
  private int windowAcknowledgment;
  private boolean endQueued;
  private boolean endAcknowledged;
  private int duplicates;
  private boolean recovering;
  private int recoverUntil;
  private int flightLimit = UNLIMITED;

  SendSide(BufferPool.Share memory, TcpLink link, TcpSettings settings) {
    this.bytes = new ByteRing(memory, settings.bufferBytes());
    this.link = link;
    this.settings = settings;
    this.initial = settings.initialSequence();
    this.unacknowledged = initial;
    this.next = initial;
    this.highest = initial;
    this.largestFrame = segmentBytes;
  }

  /** Learns from the peer's SYN. */
  void learn(TcpHeader syn) {
    int offered = syn.maximumSegmentSize == 0 ? 536 : Math.max(syn.maximumSegmentSize, 48);
    segmentBytes = Math.min(offered, settings.segmentBytes());
    int frame = Math.min(settings.largestFrameBytes(), segmentBytes * 127);
    largestFrame = Math.max(segmentBytes, frame - frame % segmentBytes);
    scale = Math.max(syn.windowScale, 0);
    window = syn.window;
    windowSequence = syn.sequence;
    windowAcknowledgment = syn.acknowledgment;
  }

  ByteRing bytes() {
    return bytes;
  }

  int initial() {
    return initial;
  }

  int next() {
    return next;
  }

  int highest() {
    return highest;
  }

  int unacknowledged() {
    return unacknowledged;
  }

  int segmentBytes() {
    return segmentBytes;
  }

  boolean zeroWindow() {
    return window == 0;
  }

  boolean outstanding() {
    return unacknowledged != highest;
  }

  boolean hasUnsent() {
    int ahead = next - unacknowledged;
    return !endAcknowledged && (ahead < bytes.size() || (endQueued && ahead == bytes.size()));
  }

  boolean endAcknowledged() {
    return endAcknowledged;
  }

  /** All bytes have arrived; at most the answer to our end is missing, and counts as here. */
  boolean endsWithoutAnswer() {
    if (!endAcknowledged && endQueued && bytes.isEmpty() && highest - unacknowledged == 1) {
      endAcknowledged = true;
      unacknowledged = highest;
    }
    return endAcknowledged;
  }

  void synSent() {
    next = initial + 1;
    highest = next;
  }

  void synAcknowledged() {
    unacknowledged = initial + 1;
  }

  void queueEnd() {
    endQueued = true;
  }

  /** What an acknowledgment meant. */
  enum Progress {
    /** It acknowledges what was never sent. */
    WRONG,
    NONE,
    /** Something new was acknowledged. */
    NEW,
    /** The hole that the peer complains of should be sent again now. */
    HOLE
  }

  Progress acknowledged(TcpHeader in, int length) {
    int acknowledgment = in.acknowledgment;
    if (Sequence.after(acknowledgment, highest)) {
      return Progress.WRONG;
    }
    if (Sequence.before(acknowledgment, unacknowledged)) {
      return Progress.NONE;
    }
    long offered = (long) in.window << scale;
    boolean sameWindow = offered == window;
    if (Sequence.after(in.sequence, windowSequence)
        || (in.sequence == windowSequence
            && !Sequence.before(acknowledgment, windowAcknowledgment))) {
      window = offered;
      windowSequence = in.sequence;
      windowAcknowledgment = acknowledgment;
    }
    if (acknowledgment != unacknowledged) {
      return advance(acknowledgment);
    }
    if (length == 0 && sameWindow && outstanding() && window > 0) {
      return duplicate();
    }
    return Progress.NONE;
  }

  private Progress advance(int acknowledgment) {
    int count = acknowledgment - unacknowledged;
    if (count > bytes.size()) {
      endAcknowledged = true;
      count = bytes.size();
    }
    bytes.discard(count);
    unacknowledged = acknowledgment;
    if (Sequence.before(next, unacknowledged)) {
      next = unacknowledged;
    }
    duplicates = 0;
    if (flightLimit != UNLIMITED) {
      flightLimit = flightLimit > window ? UNLIMITED : flightLimit * 2;
    }
    if (recovering && Sequence.before(acknowledgment, recoverUntil)) {
      return next == unacknowledged ? Progress.NEW : Progress.HOLE;
    }
    recovering = false;
    return Progress.NEW;
  }

  private Progress duplicate() {
    if (recovering) {
      return Progress.NONE;
    }
    duplicates++;
    int frames = (highest - unacknowledged) / largestFrame;
    if (duplicates < Math.clamp(frames - 1, 1, 3)) {
      return Progress.NONE;
    }
    recovering = true;
    recoverUntil = highest;
    return Progress.HOLE;
  }

  /** A timeout: everything unacknowledged counts as unsent, and one frame goes first. */
  void goBack() {
    next = unacknowledged;
    flightLimit = largestFrame;
    recovering = false;
    duplicates = 0;
  }

  /** Sends what window and link take now. */
  void transmit(SegmentOutput output) {
    while (!endAcknowledged && link.hasRoom()) {
      int ahead = next - unacknowledged;
      int unsent = bytes.size() - ahead;
      int room = (int) Math.min(Math.min(window, flightLimit) - ahead, largestFrame);
      int length = Math.max(0, Math.min(unsent, room));
      boolean end = endQueued && length == unsent;
      if (unsent < 0 || (length == 0 && !end)) {
        return;
      }
      if (length < unsent && length < segmentBytes && ahead > 0) {
        return; // The window ends in a crumb: wait for more of it.
      }
      send(output, ahead, length, end);
      next += length + (end ? 1 : 0);
      if (Sequence.after(next, highest)) {
        highest = next;
      }
    }
  }

  /** Sends the first unacknowledged frame again, out of turn. */
  void resendFirst(SegmentOutput output) {
    int length = Math.min(bytes.size(), largestFrame);
    boolean end =
        endQueued && length == bytes.size() && Sequence.after(highest, unacknowledged + length);
    send(output, 0, Math.min(length, highest - unacknowledged), end);
  }

  private void send(SegmentOutput output, int ahead, int length, boolean end) {
    int flags = TcpHeader.ACK | (end ? TcpHeader.FIN : 0);
    if (length > 0 && ahead + length == bytes.size()) {
      flags |= TcpHeader.PSH;
    }
    output.data(flags, unacknowledged + ahead, ahead, length);
  }

  void release() {
    bytes.clear();
  }
}
