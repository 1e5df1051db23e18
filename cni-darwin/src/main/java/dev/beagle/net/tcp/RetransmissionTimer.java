package dev.beagle.net.tcp;

import static dev.beagle.net.flow.TimerQueue.NEVER;

/**
 * When an answer of the peer is overdue, and when it is no longer waited for (RFC 6298, with a
 * fixed first timeout: round trips inside one machine are far below any that one would measure).
 */
final class RetransmissionTimer {
  private static final long MILLISECOND = 1_000_000L;
  private static final long FIRST_TIMEOUT = 200 * MILLISECOND;
  private static final long SYN_TIMEOUT = 1000 * MILLISECOND;
  private static final long LONGEST_TIMEOUT = 60_000 * MILLISECOND;
  private static final long PATIENCE = 120_000 * MILLISECOND;
  private static final int SYN_RETRIES = 5;

  private long deadline = NEVER;
  private long timeout = SYN_TIMEOUT;
  private int synRetries;
  private boolean answerOwed;
  private long silentSince;

  long deadline() {
    return deadline;
  }

  boolean isRunning() {
    return deadline != NEVER;
  }

  void stop() {
    deadline = NEVER;
  }

  /** Starts anew with the timeout as it is. */
  void restart(long now) {
    deadline = now + timeout;
  }

  /** The handshake is complete. */
  void opened() {
    timeout = FIRST_TIMEOUT;
    deadline = NEVER;
  }

  /** The peer acknowledged something new. */
  void progressed() {
    answerOwed = false;
    timeout = FIRST_TIMEOUT;
    deadline = NEVER;
  }

  /** The peer answers, if only to say that it cannot take more. */
  void heard(long now) {
    silentSince = now;
  }

  /** The peer owes nothing. */
  void settle() {
    deadline = NEVER;
    answerOwed = false;
  }

  /** The peer owes an answer, from now on if it did not before. */
  void await(long now) {
    deadline = now + timeout;
    if (!answerOwed) {
      answerOwed = true;
      silentSince = now;
    }
  }

  /** A SYN stays without answer: false when it is not to be sent again. */
  boolean backOffSyn() {
    timeout *= 2;
    return ++synRetries <= SYN_RETRIES;
  }

  /** Data stays without answer: false when the peer was silent for too long. */
  boolean backOff(long now) {
    timeout = Math.min(timeout * 2, LONGEST_TIMEOUT);
    return !answerOwed || now - silentSince <= PATIENCE;
  }
}
