package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
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
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final Time time;

  LateWrites(Time time) {
    this.time = time;
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
      Thread.ofVirtual().name("late-write").start(() -> writeLater(what, write, then));
      return;
    }
    then.run();
  }

  private void writeLater(String what, Runnable write, Runnable then) {
    Duration pause = FIRST_PAUSE;
    try {
      while (true) {
        time.sleep(pause);
        try {
          write.run();
          break;
        } catch (Failure failure) {
          LOG.debug("{}: {}", what, failure.reason());
        }
        pause = longer(pause);
      }
      LOG.info("{} is written down now", what);
      then.run();
    } catch (InterruptedException ended) {
      LOG.debug("{} stays unwritten", what);
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }
}
