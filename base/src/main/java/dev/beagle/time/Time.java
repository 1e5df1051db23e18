package dev.beagle.time;

import java.time.Duration;
import java.time.Instant;

/** Where the program gets its time from; a test passes one that it turns itself. Thread-safe. */
public interface Time {
  /** The wall clock. */
  Instant now();

  /** Monotonic nanoseconds from an arbitrary origin, for measuring and for deadlines. */
  long nanos();

  /**
   * Blocks the calling thread.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  void sleep(Duration duration) throws InterruptedException;

  /** The clock of this host. */
  static Time system() {
    return SystemTime.INSTANCE;
  }
}
