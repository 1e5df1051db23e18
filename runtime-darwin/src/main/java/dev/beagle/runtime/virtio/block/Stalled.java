package dev.beagle.runtime.virtio.block;

import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.time.Backoff;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes of one activation that the host's disk has no room for. They are tried again after pauses:
 * a guest that got an error instead would take its file system for broken and never write to it
 * again. What comes meanwhile is answered as ever, for requests have no order among themselves
 * (virtio 1.2, section 5.2.6.2); but what is to change the same sectors waits behind them, or they
 * would overwrite it with what is older. Belongs to the worker, which a thread wakes after each
 * pause.
 */
final class Stalled {
  private static final Backoff FIRST = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2));

  /**
   * @param disk for which it was meant
   * @param changes where
   */
  record Write(DescriptorChain chain, Attachment disk, List<SectorRange> changes) {}

  private final String name;
  private final Runnable wake;
  private final Time time;
  private List<Write> writes = new ArrayList<>();
  private Backoff backoff = FIRST;
  private @Nullable Thread pause;
  private volatile boolean due;

  /**
   * @param wake has the worker ask for those that are {@link #due}
   */
  Stalled(String name, Runnable wake, Time time) {
    this.name = name;
    this.wake = wake;
    this.time = time;
  }

  void add(Write write) {
    writes.add(write);
    if (pause == null) {
      pause = Thread.ofVirtual().name(name).start(this::pause);
    }
  }

  /** Whether something that waits is to change one of these sectors first. */
  boolean precede(List<SectorRange> changes) {
    return writes.stream()
        .anyMatch(write -> changes.stream().anyMatch(range -> range.meets(write.changes())));
  }

  private void pause() {
    try {
      time.sleep(backoff.pause());
      due = true;
      wake.run();
    } catch (InterruptedException ended) {
      due = false;
    }
  }

  /** To be tried again now, in the order in which they came; none during a pause. */
  List<Write> due() {
    if (!due) {
      return List.of();
    }
    due = false;
    pause = null;
    backoff = backoff.next();
    List<Write> tried = writes;
    writes = new ArrayList<>();
    return tried;
  }

  /** Whether none waits; the next one's first pause is a short one then. */
  boolean over() {
    if (writes.isEmpty()) {
      backoff = FIRST;
    }
    return writes.isEmpty();
  }

  /** No answer is asked for any more. */
  void end() {
    writes.clear();
    if (pause != null) {
      pause.interrupt();
    }
  }
}
