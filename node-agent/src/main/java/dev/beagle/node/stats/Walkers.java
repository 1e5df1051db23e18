package dev.beagle.node.stats;

import dev.beagle.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that walk folders: two at once, those first whose last walk was the shortest. A walk that
 * takes long, or for ever on a disk that hangs, keeps its place for ten seconds only; then others
 * go on beside it, up to eight threads in all. Thread-safe.
 */
final class Walkers implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(10);
  static final int AT_ONCE = 2;
  static final int THREADS = 8;

  private static final Logger LOG = LoggerFactory.getLogger(Walkers.class);

  private final Time time;
  private final List<Walk> waiting = new ArrayList<>();
  private final List<Walk> running = new ArrayList<>();
  private boolean exhausted;
  private boolean closed;

  Walkers(Time time) {
    this.time = time;
  }

  /** Work that was handed in. */
  final class Walk {
    private final Runnable work;
    private final long expectedNanos;
    private final Thread thread =
        Thread.ofPlatform().name("disk-usage").daemon().unstarted(this::run);
    private final CountDownLatch ended = new CountDownLatch(1);
    private long startedNanos;

    private Walk(Runnable work, long expectedNanos) {
      this.work = work;
      this.expectedNanos = expectedNanos;
    }

    private void run() {
      try {
        work.run();
      } finally {
        ended(this);
        ended.countDown();
      }
    }

    /** Waits for its end, at most so long. */
    void await(Duration limit) throws InterruptedException {
      var _ = ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /**
   * Takes work.
   *
   * @param work throws nothing
   * @param expectedNanos how long it took the last time, 0 where nobody knows
   */
  synchronized Walk submit(Runnable work, long expectedNanos) {
    Walk walk = new Walk(work, expectedNanos);
    waiting.add(walk);
    return walk;
  }

  /** Starts what there is room for; to be called now and then while something waits. */
  synchronized void startWaiting() {
    long now = time.nanos();
    waiting.sort(Comparator.comparingLong(walk -> walk.expectedNanos));
    while (!closed && !waiting.isEmpty() && hasRoom(now)) {
      Walk walk = waiting.removeFirst();
      walk.startedNanos = now;
      running.add(walk);
      walk.thread.start();
    }
  }

  private boolean hasRoom(long now) {
    if (running.size() >= THREADS) {
      if (!exhausted) {
        exhausted = true;
        LOG.warn(
            "{} folders have been measured for long; others wait, their figures are old", THREADS);
      }
      return false;
    }
    exhausted = false;
    return running.stream().filter(walk -> now - walk.startedNanos < LONG.toNanos()).count()
        < AT_ONCE;
  }

  private synchronized void ended(Walk walk) {
    running.remove(walk);
    startWaiting();
  }

  @Override
  public synchronized void close() {
    closed = true;
    waiting.clear();
    running.forEach(walk -> walk.thread.interrupt());
  }
}
