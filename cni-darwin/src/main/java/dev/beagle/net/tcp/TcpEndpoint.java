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
  private static final long TIME_WAIT = 60_000_000_000L;

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

  private final TcpLink link;
  private final TcpOwner owner;
  private final SendSide sending;
  private final ReceiveSide receiving;
  private final SegmentOutput output;
  private final Handshake handshake;
  private final RetransmissionTimer retransmission = new RetransmissionTimer();
  private final KeepAlive keepAlive = new KeepAlive();
  private State state = State.NEW;
  private boolean receivedAllTold;
  private boolean resetQueued;
  private long lingerUntil = NEVER;

  public TcpEndpoint(TcpSettings settings, TcpLink link, TcpOwner owner, BufferPool.Share memory) {
    this.link = link;
    this.owner = owner;
    this.sending = new SendSide(memory, link, settings);
    this.receiving = new ReceiveSide(memory, settings.bufferBytes());
    this.output = new SegmentOutput(link, sending, receiving);
    this.handshake = new Handshake(settings, sending, receiving, output);
  }

  /** Bytes for the peer go in here; then {@link #transmit}. */
  public ByteRing sendBuffer() {
    return sending.bytes();
  }

  /** When {@link #timePassed} wants to be called. */
  public long deadline() {
    return switch (state) {
      case TIME_WAIT -> lingerUntil;
      case OPEN -> Math.min(retransmission.deadline(), keepAlive.deadline());
      case NEW, HELD, SYN_SENT, SYN_RECEIVED, CLOSED -> retransmission.deadline();
    };
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
    if (!Handshake.opens(in)) {
      return false;
    }
    return switch (state) {
      case HELD -> in.sequence != handshake.peerInitial();
      case TIME_WAIT -> Sequence.after(in.sequence, receiving.next());
      case CLOSED -> true;
      case NEW, SYN_SENT, SYN_RECEIVED, OPEN -> false;
    };
  }

  // ---- Opening

  /** Keeps the peer's SYN until {@link #accept} or {@link #refuse}. */
  public void hold(TcpHeader syn) {
    handshake.learn(syn);
    state = State.HELD;
  }

  /** Answers the SYN that was held. */
  public void accept(long now) {
    state = State.SYN_RECEIVED;
    sendSyn(now);
  }

  /** The sequence number of the peer's SYN. */
  public int peerInitial() {
    return handshake.peerInitial();
  }

  /** Answers the SYN that was held with RST. */
  public void refuse() {
    output.refuse(handshake.peerInitial());
    close();
  }

  /** Opens the connection from our side. */
  public void connect(long now) {
    state = State.SYN_SENT;
    sendSyn(now);
  }

  private void sendSyn(long now) {
    handshake.sendSyn(state == State.SYN_RECEIVED);
    retransmission.restart(now);
  }

  // ---- Segments

  /** A segment of the peer; the payload is only read during the call. */
  public void segment(TcpHeader in, ByteBuffer payload, long now) {
    switch (state) {
      case SYN_SENT -> answerToSyn(in, now);
      case SYN_RECEIVED, OPEN -> synchronizedSegment(in, payload, now);
      case TIME_WAIT -> {
        if (!in.has(TcpHeader.RST) && (in.has(TcpHeader.FIN) || payload.hasRemaining())) {
          output.acknowledge();
        }
      }
      case NEW, HELD, CLOSED -> {}
    }
  }

  private void answerToSyn(TcpHeader in, long now) {
    switch (handshake.answer(in)) {
      case NONE -> {}
      case REFUSED -> abort(TcpOwner.Abort.REFUSED);
      case ACCEPTED -> {
        opened(now);
        output.acknowledge();
        owner.established();
        transmit(now);
      }
    }
  }

  private void opened(long now) {
    sending.synAcknowledged();
    state = State.OPEN;
    retransmission.opened();
    keepAlive.opened(now);
  }

  private void synchronizedSegment(TcpHeader in, ByteBuffer payload, long now) {
    int payloadLength = payload.remaining();
    int length = payloadLength + (in.has(TcpHeader.FIN) ? 1 : 0) + (in.has(TcpHeader.SYN) ? 1 : 0);
    if (state == State.SYN_RECEIVED && handshake.isRepetition(in)) {
      sendSyn(now);
      return;
    }
    if (!receiving.acceptable(in.sequence, length)) {
      unacceptable(in, length, now);
      return;
    }
    if (in.has(TcpHeader.RST)) {
      resetByPeer(in, now);
      return;
    }
    keepAlive.heard(now);
    if (in.has(TcpHeader.SYN)) {
      output.challenge(now);
      return;
    }
    if (!in.has(TcpHeader.ACK) || (state == State.SYN_RECEIVED && !completesHandshake(in, now))) {
      return;
    }
    acknowledgment(in, length, now);
    if (state == State.OPEN && length > 0) {
      data(in, payload, payloadLength, now);
    }
    if (state == State.OPEN) {
      transmit(now);
      finishIfDone(now);
    }
  }

  private void resetByPeer(TcpHeader in, long now) {
    if (receiving.ended() && sending.endsWithoutAnswer()) {
      // The peer has forgotten a connection that is over: what waits here is complete.
      retransmission.stop();
      finishIfDone(now);
    } else if (in.sequence == receiving.next()) {
      abort(
          keepAlive.isAsking() && receivedAllTold
              ? TcpOwner.Abort.FORGOTTEN
              : TcpOwner.Abort.RESET);
    } else {
      output.challenge(now);
    }
  }

  private void unacceptable(TcpHeader in, int length, long now) {
    if (in.has(TcpHeader.RST)) {
      return;
    }
    keepAlive.heard(now);
    if (length > 0) {
      output.acknowledge(); // Our acknowledgment was lost.
    } else {
      output.challenge(now);
    }
  }

  private boolean completesHandshake(TcpHeader in, long now) {
    if (!handshake.acknowledgesSyn(in)) {
      return false;
    }
    opened(now);
    owner.established();
    return state == State.OPEN;
  }

  private void acknowledgment(TcpHeader in, int length, long now) {
    switch (sending.acknowledged(in, length)) {
      case WRONG -> output.challenge(now);
      case NONE -> {
        if (sending.zeroWindow()) {
          retransmission.heard(now); // It answers probes: it may keep the window closed for ever.
        }
      }
      case NEW -> progress();
      case HOLE -> {
        progress();
        sending.resendFirst(output);
      }
    }
  }

  private void progress() {
    retransmission.progressed();
    if (sending.bytes().free() > 0) {
      owner.sendSpace();
    }
  }

  private void data(TcpHeader in, ByteBuffer payload, int payloadLength, long now) {
    output.acknowledgeLater();
    if (!receiving.accept(in.sequence, payload, owner)) {
      output.acknowledge(); // A hole: the peer counts duplicates.
      return;
    }
    if (state == State.OPEN
        && in.has(TcpHeader.FIN)
        && receiving.end(in.sequence + payloadLength)) {
      keepAlive.halfClosed(now);
      output.acknowledge();
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
      output.acknowledge();
    }
    finishIfDone(now);
  }

  public boolean hasWaitingBytes() {
    return !receiving.drained();
  }

  /** No more bytes will be put into the send buffer: FIN after those that are there. */
  public void end(long now) {
    sending.queueEnd();
    keepAlive.halfClosed(now);
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
      output.reset();
    } else if (state == State.HELD) {
      refuse();
    }
    close();
  }

  /** Forgets the connection without a word. */
  public void close() {
    state = State.CLOSED;
    retransmission.stop();
    sending.release();
    receiving.release();
  }

  /** Sends what can be sent now. */
  public void transmit(long now) {
    if (state != State.OPEN) {
      return;
    }
    sending.transmit(output);
    if (resetQueued && sending.bytes().isEmpty()) {
      reset();
      owner.aborted(TcpOwner.Abort.DONE);
      return;
    }
    if (!sending.outstanding() && !(sending.hasUnsent() && link.hasRoom())) {
      retransmission.settle();
    } else if (!retransmission.isRunning()) {
      retransmission.await(now);
    }
  }

  /** Acknowledges what came since the last time. */
  public void flush() {
    if (state == State.OPEN) {
      output.flush();
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
    if (output.endedFirst()) {
      state = State.TIME_WAIT;
      lingerUntil = now + TIME_WAIT;
    } else {
      close();
    }
    owner.finished();
  }

  // ---- Time

  /** To be called when {@link #deadline} has passed. */
  public void timePassed(long now) {
    if (now < deadline()) {
      return;
    }
    switch (state) {
      case SYN_SENT, SYN_RECEIVED -> repeatSyn(now);
      case OPEN -> {
        if (retransmission.deadline() <= now) {
          repeatData(now);
        } else {
          askIfStillThere(now);
        }
      }
      case TIME_WAIT -> close();
      case NEW, HELD, CLOSED -> {}
    }
  }

  private void askIfStillThere(long now) {
    boolean quiet = !retransmission.isRunning() && receiving.drained();
    switch (keepAlive.due(now, quiet)) {
      case NOTHING -> {}
      case PROBE -> output.probe(sending.highest());
      case GIVE_UP -> {
        reset();
        owner.aborted(receivedAllTold ? TcpOwner.Abort.FORGOTTEN : TcpOwner.Abort.TIMED_OUT);
      }
    }
  }

  private void repeatSyn(long now) {
    retransmission.stop();
    if (retransmission.backOffSyn()) {
      sendSyn(now);
    } else {
      abort(TcpOwner.Abort.TIMED_OUT);
    }
  }

  private void repeatData(long now) {
    retransmission.stop();
    if (!retransmission.backOff(now)) {
      reset();
      owner.aborted(TcpOwner.Abort.TIMED_OUT);
      return;
    }
    if (sending.zeroWindow() && !sending.bytes().isEmpty()) {
      output.probe(sending.unacknowledged());
      retransmission.restart(now);
    } else {
      if (sending.outstanding()) {
        sending.goBack();
      }
      transmit(now);
    }
    if (!retransmission.isRunning() && (sending.outstanding() || sending.hasUnsent())) {
      retransmission.restart(now);
    }
  }

  private void abort(TcpOwner.Abort reason) {
    close();
    owner.aborted(reason);
  }
}
