package dev.beagle.node.network;

import dev.beagle.time.Backoff;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a process of ours again that has died, and does not give up. Immutable. */
final class Revival {
  private static final Logger LOG = LoggerFactory.getLogger(Revival.class);
  private static final Backoff FIRST = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30));

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
    for (Backoff backoff = FIRST; !unwanted.getAsBoolean(); backoff = backoff.next()) {
      LOG.error("{} has died; starting it again", what);
      try {
        start.run();
        LOG.warn("{} is back", what);
        return true;
      } catch (RuntimeException failure) {
        LOG.error(
            "{} does not start, next attempt in {} ms: {}",
            what,
            backoff.pause().toMillis(),
            failure.getMessage());
      }
      try {
        time.sleep(backoff.pause());
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }
}
