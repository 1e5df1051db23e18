package dev.beagle.runtime.virtio.block;

import dev.beagle.time.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/** A time in which who sleeps wakes when the test says so. Thread-safe. */
final class Pauses implements Time {
  private final BlockingQueue<Duration> begun = new LinkedBlockingQueue<>();
  private final Semaphore ends = new Semaphore(0);

  /** Gives the length of the next pause once it has begun. */
  Duration begun() throws InterruptedException {
    return begun.take();
  }

  /** Ends one. */
  void end() {
    ends.release();
  }

  @Override
  public Instant now() {
    return Instant.EPOCH;
  }

  @Override
  public long nanos() {
    return 0;
  }

  @Override
  public void sleep(Duration duration) throws InterruptedException {
    begun.add(duration);
    ends.acquire();
  }
}
