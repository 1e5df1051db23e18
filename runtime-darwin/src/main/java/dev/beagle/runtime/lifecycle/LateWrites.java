package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.time.Backoff;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records of what has happened already: an exit, a stop, a removal stay true whatever the disk
 * says, so a full one must not fail them. What cannot be written now is tried again, slower and
 * slower, until it can be; should the daemon end before, its successor learns the same from the
 * agent or from its absence. Thread-safe.
 */
final class LateWrites {
  private static final Logger LOG = LoggerFactory.getLogger(LateWrites.class);
  private static final Backoff FIRST = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));

  private final LaterWork later;

  LateWrites(LaterWork later) {
    this.later = later;
  }

  /**
   * Writes in the caller's thread, or later in one of its own.
   *
   * @param what the record is about
   * @param write writes what is true when it runs; nothing when that is gone
   * @param then once it is written
   */
  void write(String what, Runnable write, Runnable then) {
    try {
      write.run();
    } catch (Failure failure) {
      LOG.warn("{}: {}; it is tried again until it works", what, failure.reason());
      later.start(
          "late-write",
          () -> {
            later.until(FIRST, () -> written(what, write));
            LOG.info("{} is written down now", what);
            then.run();
          });
      return;
    }
    then.run();
  }

  private static boolean written(String what, Runnable write) {
    try {
      write.run();
      return true;
    } catch (Failure failure) {
      LOG.debug("{}: {}", what, failure.reason());
      return false;
    }
  }
}
