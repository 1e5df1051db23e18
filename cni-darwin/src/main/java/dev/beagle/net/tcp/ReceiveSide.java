package dev.beagle.net.tcp;

import java.nio.ByteBuffer;

/** The receiving half of an endpoint: what came in order, and the window that we promised. */
final class ReceiveSide {
  /** Our window scale; with it 8 MiB can be promised. */
  static final int SCALE = 7;

  private final ByteRing waiting;
  private final int bufferBytes;
  private int next;
  private int rightEdge;
  private boolean scaled;
  private boolean ended;

  ReceiveSide(BufferPool.Share memory, int bufferBytes) {
    this.waiting = new ByteRing(memory, bufferBytes);
    this.bufferBytes = bufferBytes;
  }

  /** The peer's SYN was seen. */
  void start(int initialSequence, boolean peerScales) {
    next = initialSequence + 1;
    rightEdge = next + Math.min(bufferBytes, 0xFFFF);
    scaled = peerScales;
  }

  int next() {
    return next;
  }

  boolean ended() {
    return ended;
  }

  boolean drained() {
    return waiting.isEmpty();
  }

  /** The four cases of RFC 9293 3.10.7.4. */
  boolean acceptable(int sequence, int length) {
    int window = rightEdge - next;
    if (length == 0) {
      return window == 0 ? sequence == next : inWindow(sequence, window);
    }
    return window > 0 && (inWindow(sequence, window) || inWindow(sequence + length - 1, window));
  }

  private boolean inWindow(int sequence, int window) {
    int distance = sequence - next;
    return distance >= 0 && distance < window;
  }

  /** Takes the new part of a segment's payload; false if there is a hole before it. */
  boolean accept(int sequence, ByteBuffer payload, TcpOwner owner) {
    int known = next - sequence;
    if (known < 0) {
      return false;
    }
    if (ended || known >= payload.remaining()) {
      return true;
    }
    payload.position(payload.position() + known);
    int room = Math.min(payload.remaining(), rightEdge - next);
    payload.limit(payload.position() + room);
    int before = payload.remaining();
    if (waiting.isEmpty()) {
      owner.received(payload);
    }
    waiting.put(payload);
    next += before - payload.remaining();
    return true;
  }

  /** The peer's FIN stands at {@code sequence}; true if everything before it is here. */
  boolean end(int sequence) {
    if (ended || sequence != next) {
      return false;
    }
    next++;
    ended = true;
    return true;
  }

  /** Offers what waits once more. */
  void drain(TcpOwner owner) {
    while (!waiting.isEmpty()) {
      ByteBuffer front = waiting.front();
      int before = front.remaining();
      owner.received(front);
      int taken = before - front.remaining();
      waiting.discard(taken);
      if (front.hasRemaining()) {
        return;
      }
    }
  }

  /** Whether the peer should hear that the window opened, because it may have stopped for it. */
  boolean windowUpdateIsDue(int segmentBytes) {
    int promised = rightEdge - next;
    int opened = bufferBytes - waiting.size() - promised;
    return !ended
        && promised < bufferBytes / 2
        && opened >= Math.min(2 * segmentBytes, bufferBytes / 2);
  }

  /** The window field to send now; its right edge never moves back. */
  int windowField(int segmentBytes) {
    int edge = next + (bufferBytes - waiting.size());
    if (edge - rightEdge < Math.min(segmentBytes, bufferBytes / 2)) {
      edge = rightEdge; // RFC 9293 3.8.6.2.2: no crumbs.
    }
    int window = Math.max(0, edge - next);
    int field = scaled ? Math.min(window >>> SCALE, 0xFFFF) : Math.min(window, 0xFFFF);
    int promised = next + (scaled ? field << SCALE : field);
    if (Sequence.after(promised, rightEdge)) {
      rightEdge = promised;
    }
    return field;
  }

  void release() {
    waiting.clear();
  }
}
