package dev.beagle.net.tcp;

import static dev.beagle.net.flow.TimerQueue.NEVER;

/**
 * Finds out that the peer of a quiet connection is gone (RFC 1122 4.2.3.6): after a long silence it
 * is asked, some times over, and given up when it never answers. A connection of which one
 * direction has ended is asked far sooner: nothing may ever be sent on it again that would show
 * that the peer's reset was lost. One that answers is never given up, however long it is quiet.
 */
final class KeepAlive {
  private static final long SECOND = 1_000_000_000L;
  private static final long IDLE = 7200 * SECOND;
  private static final long INTERVAL = 75 * SECOND;
  private static final long IDLE_HALF_CLOSED = 60 * SECOND;
  private static final long INTERVAL_HALF_CLOSED = 15 * SECOND;
  private static final int PROBES = 9;

  private long deadline = NEVER;
  private long heard;
  private boolean halfClosed;
  private int unanswered;

  /** What there is to do when the deadline has passed. */
  enum Due {
    NOTHING,
    PROBE,
    GIVE_UP
  }

  /** Never before something is due, but often earlier: hearing the peer does not move it. */
  long deadline() {
    return deadline;
  }

  void opened(long now) {
    heard = now;
    deadline = now + IDLE;
  }

  void heard(long now) {
    heard = now;
    unanswered = 0;
  }

  /** Whether the peer was asked and has not answered. */
  boolean isAsking() {
    return unanswered > 0;
  }

  /** One direction has ended. */
  void halfClosed(long now) {
    if (!halfClosed) {
      halfClosed = true;
      deadline = Math.min(deadline, now + IDLE_HALF_CLOSED);
    }
  }

  void stop() {
    deadline = NEVER;
  }

  /**
   * The deadline has passed.
   *
   * @param quiet nothing is on the way to the peer, whose answer would be waited for anyway, and
   *     nothing that it sent still waits here
   */
  Due due(long now, boolean quiet) {
    if (!quiet) {
      unanswered = 0;
      deadline = now + idle();
      return Due.NOTHING;
    }
    if (unanswered == 0 && now - heard < idle()) {
      deadline = heard + idle();
      return Due.NOTHING;
    }
    if (unanswered == PROBES) {
      return Due.GIVE_UP;
    }
    unanswered++;
    deadline = now + (halfClosed ? INTERVAL_HALF_CLOSED : INTERVAL);
    return Due.PROBE;
  }

  private long idle() {
    return halfClosed ? IDLE_HALF_CLOSED : IDLE;
  }
}
