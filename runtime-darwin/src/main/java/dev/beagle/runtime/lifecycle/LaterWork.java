package dev.beagle.runtime.lifecycle;

import dev.beagle.time.Backoff;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What cannot be done at once and goes on in virtual threads of its own: adoptions of agents that
 * do not answer, records that a full disk refused. Whoever closes this ends it all, at whatever
 * point: a successor finds the same to do. Thread-safe.
 */
final class LaterWork implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LaterWork.class);

  /** Everything that waits can be interrupted; this is for what nobody foresaw. */
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final Time time;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  LaterWork(Time time) {
    this.time = time;
  }

  /** A piece of work. */
  @FunctionalInterface
  interface Work {
    void run() throws InterruptedException;
  }

  /**
   * Starts a piece of work; nothing once this is closed.
   *
   * @param name of its thread
   */
  void start(String name, Work work) {
    try {
      threads.execute(() -> run(name, work));
    } catch (RejectedExecutionException closed) {
      LOG.debug("{} is left to the next daemon", name);
    }
  }

  private static void run(String name, Work work) {
    Thread.currentThread().setName(name);
    try {
      work.run();
    } catch (InterruptedException ended) {
      LOG.debug("{} is left to the next daemon", name);
    } catch (RuntimeException defect) {
      LOG.error("{} ends unfinished", name, defect);
    }
  }

  /** Pauses and tries, with growing pauses, until an attempt succeeds; in the caller's thread. */
  void until(Backoff first, BooleanSupplier attempt) throws InterruptedException {
    for (Backoff backoff = first; ; backoff = backoff.next()) {
      if (threads.isShutdown()) {
        // Whatever became of the interrupt.
        throw new InterruptedException();
      }
      time.sleep(backoff.pause());
      if (attempt.getAsBoolean()) {
        return;
      }
    }
  }

  /** Ends what is under way and waits for it. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(END_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.error("work that was put off does not end; it is left behind");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
