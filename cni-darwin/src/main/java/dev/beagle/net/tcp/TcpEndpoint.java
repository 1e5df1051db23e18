package dev.beagle.net.tcp;

import static dev.beagle.net.flow.TimerQueue.NEVER;

import dev.beagle.net.wire.TcpHeader;
import java.nio.ByteBuffer;

/**
 * Our end of a pod's TCP connection (RFC 9293, with window scale of RFC 7323, and resets after RFC
 * 5961): segments, bytes and time in, segments, bytes and events out.
 *
 * <p>It opens either way. <em>Passively</em>, it holds the peer's SYN until the owner knows whether
 * the connection can be had: {@link #accept} or {@link #refuse}. <em>Actively</em>, it sends a SYN.
 * Acknowledgments are gathered: the owner calls {@link #flush} after a batch of segments.
 *
 * <p>Left out on purpose: congestion control and pacing (the link is inside one machine), SACK and
 * timestamps (12 bytes a segment, and no old duplicates on a stream), simultaneous open (answered
 * with RST), urgent data (ordinary bytes). Confined to one thread; {@code now} never goes back.
 */
public final class TcpEndpoint {
  private static final long MILLISECOND = 1_000_000L;
  private static final long FIRST_TIMEOUT = 200 * MILLISECOND;
  private static final long SYN_TIMEOUT = 1000 * MILLISECOND;
  private static final long LONGEST_TIMEOUT = 60_000 * MILLISECOND;
  private static final long PATIENCE = 120_000 * MILLISECOND;
  private static final long TIME_WAIT = 60_000 * MILLISECOND;
  private static final long CHALLENGE_INTERVAL = 100 * MILLISECOND;
  private static final int SYN_RETRIES = 5;

  private enum State {
    NEW,
    /** The peer's SYN is here, the owner has not decided. */
    HELD,
    SYN_SENT,
    SYN_RECEIVED,
    /** Open in at least one direction. */
    OPEN,
    TIME_WAIT,
    CLOSED
  }

  private final TcpSettings settings;
  private final TcpLink link;
  private final TcpOwner owner;
  private final SendSide sending;
  private final ReceiveSide receiving;
  private final TcpHeader out = new TcpHeader();
  private State state = State.NEW;
  private boolean offerScale = true;
  private int peerInitial;
  private boolean acknowledgmentDue;
  private boolean endedFirst;
  private boolean receivedAllTold;
  private boolean resetQueued;
  private long deadline = NEVER;
  private long timeout = SYN_TIMEOUT;
  private int synRetries;
  private boolean answerOwed;
  private long silentSince;
  private long lastChallenge = -CHALLENGE_INTERVAL;

  public TcpEndpoint(TcpSettings settings, TcpLink link, TcpOwner owner, BufferPool.Share memory) {
    this.settings = settings;
    this.link = link;
    this.owner = owner;
    this.sending = new SendSide(memory, link, settings);
    this.receiving = new ReceiveSide(memory, settings.bufferBytes());
  }

  /** Bytes for the peer go in here; then {@link #transmit}. */
  public ByteRing sendBuffer() {
    return sending.bytes();
  }

  /** When {@link #timePassed} wants to be called. */
  public long deadline() {
    return deadline;
  }

  public boolean isOpen() {
    return state == State.OPEN;
  }

  /** True once only stragglers are waited for; such an endpoint may be dropped for want of room. */
  public boolean isLingering() {
    return state == State.TIME_WAIT;
  }

  public boolean isClosed() {
    return state == State.CLOSED;
  }

  /** A SYN that is not a repetition of the one that made this connection, and may replace it. */
  public boolean isReplacedBy(TcpHeader in) {
    if (!in.has(TcpHeader.SYN) || in.has(TcpHeader.ACK) || in.has(TcpHeader.RST)) {
      return false;
    }
    return switch (state) {
      case HELD -> in.sequence != peerInitial;
      case TIME_WAIT -> Sequence.after(in.sequence, receiving.next());
      case CLOSED -> true;
      case NEW, SYN_SENT, SYN_RECEIVED, OPEN -> false;
    };
  }

  // ---- Opening

  /** Keeps the peer's SYN until {@link #accept} or {@link #refuse}. */
  public void hold(TcpHeader syn) {
    learn(syn);
    state = State.HELD;
  }

  /** Answers the SYN that was held. */
  public void accept(long now) {
    state = State.SYN_RECEIVED;
    sendSyn(now);
  }

  /** The sequence number of the peer's SYN. */
  public int peerInitial() {
    return peerInitial;
  }

  /** Answers the SYN that was held with RST. */
  public void refuse() {
    out.acknowledgment = peerInitial + 1;
    emitBare(TcpHeader.RST | TcpHeader.ACK, 0, 0);
    close();
  }

  /** Opens the connection from our side. */
  public void connect(long now) {
    state = State.SYN_SENT;
    sendSyn(now);
  }

  private void learn(TcpHeader syn) {
    peerInitial = syn.sequence;
    offerScale = syn.windowScale >= 0;
    sending.learn(syn);
    receiving.start(syn.sequence, offerScale);
  }

  private void sendSyn(long now) {
    boolean answer = state == State.SYN_RECEIVED;
    out.maximumSegmentSize = settings.segmentBytes();
    out.windowScale = offerScale ? ReceiveSide.SCALE : -1;
    out.acknowledgment = answer ? receiving.next() : 0;
    emitBare(
        TcpHeader.SYN | (answer ? TcpHeader.ACK : 0),
        sending.initial(),
        Math.min(settings.bufferBytes(), 0xFFFF));
    sending.synSent();
    deadline = now + timeout;
  }

  // ---- Segments

  /** A segment of the peer; the payload is only read during the call. */
  public void segment(TcpHeader in, ByteBuffer payload, long now) {
    switch (state) {
      case SYN_SENT -> answerToSyn(in, now);
      case SYN_RECEIVED, OPEN -> synchronizedSegment(in, payload, now);
      case TIME_WAIT -> {
        if (!in.has(TcpHeader.RST) && (in.has(TcpHeader.FIN) || payload.hasRemaining())) {
          acknowledge();
        }
      }
      case NEW, HELD, CLOSED -> {}
    }
  }

  private void answerToSyn(TcpHeader in, long now) {
    boolean acknowledges = in.has(TcpHeader.ACK);
    if (acknowledges && in.acknowledgment != sending.initial() + 1) {
      if (!in.has(TcpHeader.RST)) {
        out.acknowledgment = 0;
        emitBare(TcpHeader.RST, in.acknowledgment, 0);
      }
      return;
    }
    if (in.has(TcpHeader.RST)) {
      if (acknowledges) {
        abort(TcpOwner.Abort.REFUSED);
      }
      return;
    }
    if (!in.has(TcpHeader.SYN) || !acknowledges) {
      return; // A bare SYN: simultaneous open is not supported.
    }
    learn(in);
    opened();
    acknowledge();
    owner.established();
    transmit(now);
  }

  private void opened() {
    sending.synAcknowledged();
    state = State.OPEN;
    timeout = FIRST_TIMEOUT;
    deadline = NEVER;
  }

  private void synchronizedSegment(TcpHeader in, ByteBuffer payload, long now) {
    int payloadLength = payload.remaining();
    int length = payloadLength + (in.has(TcpHeader.FIN) ? 1 : 0) + (in.has(TcpHeader.SYN) ? 1 : 0);
    boolean repeatedSyn = in.has(TcpHeader.SYN) && in.sequence == peerInitial;
    if (repeatedSyn && state == State.SYN_RECEIVED && !in.has(TcpHeader.ACK)) {
      sendSyn(now);
      return;
    }
    if (!receiving.acceptable(in.sequence, length)) {
      unacceptable(in, length, now);
      return;
    }
    if (in.has(TcpHeader.RST)) {
      if (receiving.ended() && sending.endsWithoutAnswer()) {
        deadline = NEVER; // The peer has forgotten a connection that is over: what waits here is
        finishIfDone(now); // complete.
        return;
      }
      if (in.sequence == receiving.next()) {
        abort(TcpOwner.Abort.RESET);
      } else {
        challenge(now);
      }
      return;
    }
    if (in.has(TcpHeader.SYN)) {
      challenge(now);
      return;
    }
    if (!in.has(TcpHeader.ACK) || (state == State.SYN_RECEIVED && !completesHandshake(in))) {
      return;
    }
    acknowledgment(in, length, now);
    if (state == State.OPEN && length > 0) {
      data(in, payload, payloadLength);
    }
    if (state == State.OPEN) {
      transmit(now);
      finishIfDone(now);
    }
  }

  private void unacceptable(TcpHeader in, int length, long now) {
    if (in.has(TcpHeader.RST)) {
      return;
    }
    if (length > 0) {
      acknowledge(); // Our acknowledgment was lost.
    } else {
      challenge(now);
    }
  }

  private boolean completesHandshake(TcpHeader in) {
    if (in.acknowledgment != sending.initial() + 1) {
      out.acknowledgment = 0;
      emitBare(TcpHeader.RST, in.acknowledgment, 0);
      return false;
    }
    opened();
    owner.established();
    return state == State.OPEN;
  }

  private void acknowledgment(TcpHeader in, int length, long now) {
    switch (sending.acknowledged(in, length)) {
      case WRONG -> challenge(now);
      case NONE -> {
        if (sending.zeroWindow()) {
          silentSince = now; // It answers probes: it may keep the window closed for ever.
        }
      }
      case NEW -> progress();
      case HOLE -> {
        progress();
        sending.resendFirst(this);
      }
    }
  }

  private void progress() {
    answerOwed = false;
    timeout = FIRST_TIMEOUT;
    deadline = NEVER;
    if (sending.bytes().free() > 0) {
      owner.sendSpace();
    }
  }

  private void data(TcpHeader in, ByteBuffer payload, int payloadLength) {
    acknowledgmentDue = true;
    if (!receiving.accept(in.sequence, payload, owner)) {
      acknowledge(); // A hole: the peer counts duplicates.
      return;
    }
    if (state == State.OPEN
        && in.has(TcpHeader.FIN)
        && receiving.end(in.sequence + payloadLength)) {
      acknowledge();
      tellIfAllReceived();
    }
  }

  private void tellIfAllReceived() {
    if (receiving.ended() && receiving.drained() && !receivedAllTold) {
      receivedAllTold = true;
      owner.receivedAll();
    }
  }

  // ---- The owner's side

  /** The owner can consume again. */
  public void drain(long now) {
    if (state != State.OPEN) {
      return;
    }
    receiving.drain(owner);
    if (state != State.OPEN) {
      return;
    }
    tellIfAllReceived();
    if (receiving.windowUpdateIsDue(sending.segmentBytes())) {
      acknowledge();
    }
    finishIfDone(now);
  }

  public boolean hasWaitingBytes() {
    return !receiving.drained();
  }

  /** No more bytes will be put into the send buffer: FIN after those that are there. */
  public void end(long now) {
    sending.queueEnd();
    transmit(now);
  }

  /** RST once the bytes in the send buffer are acknowledged. */
  public void resetAfterData(long now) {
    resetQueued = true;
    transmit(now);
  }

  /** RST at once; the owner is told nothing. */
  public void reset() {
    if (state == State.OPEN || state == State.SYN_RECEIVED) {
      out.acknowledgment = receiving.next();
      emitBare(TcpHeader.RST | TcpHeader.ACK, sending.highest(), 0);
    } else if (state == State.HELD) {
      refuse();
    }
    close();
  }

  /** Forgets the connection without a word. */
  public void close() {
    state = State.CLOSED;
    deadline = NEVER;
    sending.release();
    receiving.release();
  }

  /** Sends what can be sent now. */
  public void transmit(long now) {
    if (state != State.OPEN) {
      return;
    }
    sending.transmit(this);
    if (resetQueued && sending.bytes().isEmpty()) {
      reset();
      owner.aborted(TcpOwner.Abort.DONE);
      return;
    }
    if (!sending.outstanding() && !(sending.hasUnsent() && link.hasRoom())) {
      deadline = NEVER;
      answerOwed = false;
    } else if (deadline == NEVER) {
      awaitAnswer(now);
    }
  }

  private void awaitAnswer(long now) {
    deadline = now + timeout;
    if (!answerOwed) {
      answerOwed = true;
      silentSince = now;
    }
  }

  /** Acknowledges what came since the last time. */
  public void flush() {
    if (acknowledgmentDue && state == State.OPEN) {
      acknowledge();
    }
  }

  private void finishIfDone(long now) {
    if (state != State.OPEN
        || !sending.endAcknowledged()
        || !receiving.ended()
        || !receiving.drained()) {
      return;
    }
    flush();
    sending.release();
    if (endedFirst) {
      state = State.TIME_WAIT;
      deadline = now + TIME_WAIT;
    } else {
      close();
    }
    owner.finished();
  }

  // ---- Time

  /** To be called when {@link #deadline} has passed. */
  public void timePassed(long now) {
    if (now < deadline) {
      return;
    }
    deadline = NEVER;
    switch (state) {
      case SYN_SENT, SYN_RECEIVED -> repeatSyn(now);
      case OPEN -> repeatData(now);
      case TIME_WAIT -> close();
      case NEW, HELD, CLOSED -> {}
    }
  }

  private void repeatSyn(long now) {
    if (++synRetries > SYN_RETRIES) {
      abort(TcpOwner.Abort.TIMED_OUT);
      return;
    }
    timeout *= 2;
    sendSyn(now);
  }

  private void repeatData(long now) {
    if (answerOwed && now - silentSince > PATIENCE) {
      reset();
      owner.aborted(TcpOwner.Abort.TIMED_OUT);
      return;
    }
    timeout = Math.min(timeout * 2, LONGEST_TIMEOUT);
    if (sending.zeroWindow() && !sending.bytes().isEmpty()) {
      // Nothing at a known place: the peer answers with its window, and drops nothing for it.
      out.acknowledgment = receiving.next();
      emitBare(
          TcpHeader.ACK,
          sending.unacknowledged() - 1,
          receiving.windowField(sending.segmentBytes()));
      deadline = now + timeout;
    } else if (sending.outstanding()) {
      sending.goBack();
      transmit(now);
    } else {
      transmit(now);
    }
    if (deadline == NEVER && (sending.outstanding() || sending.hasUnsent())) {
      deadline = now + timeout;
    }
  }

  private void abort(TcpOwner.Abort reason) {
    close();
    owner.aborted(reason);
  }

  // ---- Emitting

  private void challenge(long now) {
    if (now - lastChallenge >= CHALLENGE_INTERVAL) {
      lastChallenge = now;
      acknowledge();
    }
  }

  private void acknowledge() {
    out.acknowledgment = receiving.next();
    emitBare(TcpHeader.ACK, sending.highest(), receiving.windowField(sending.segmentBytes()));
    acknowledgmentDue = false;
  }

  private void emitBare(int flags, int sequence, int window) {
    out.flags = flags;
    out.sequence = sequence;
    out.window = window;
    if ((flags & TcpHeader.SYN) == 0) {
      out.maximumSegmentSize = 0;
      out.windowScale = -1;
    }
    link.emit(out, sending.bytes(), 0, 0, sending.segmentBytes());
  }

  void emit(int flags, int sequence, int offset, int length) {
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
}
