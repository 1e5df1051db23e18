package dev.beagle.node.network;

import dev.beagle.time.Time;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a process of ours again that has died, and does not give up. Immutable. */
final class Revival {
  private static final Logger LOG = LoggerFactory.getLogger(Revival.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final String what;
  private final Time time;

  Revival(String what, Time time) {
    this.what = what;
    this.time = time;
  }

  /**
   * Tries until it works, with growing pauses.
   *
   * @param unwanted whether it is to stay dead
   * @return whether it lives again
   */
  boolean revive(BooleanSupplier unwanted, Runnable start) {
    Duration pause = FIRST_PAUSE;
    while (!unwanted.getAsBoolean()) {
      LOG.error("{} has died; starting it again", what);
      try {
        start.run();
        LOG.warn("{} is back", what);
        return true;
      } catch (RuntimeException failure) {
        LOG.error(
            "{} does not start, next attempt in {} ms: {}",
            what,
            pause.toMillis(),
            failure.getMessage());
      }
      try {
        time.sleep(pause);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      }
      Duration doubled = pause.multipliedBy(2);
      pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }
    return false;
  }
}
