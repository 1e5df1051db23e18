package dev.beagle.testing;

import dev.beagle.time.Time;
import java.time.Duration;
import java.time.Instant;

/** A clock that only the test turns; sleeping turns it too. Thread-safe. */
public final class ManualTime implements Time {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private long nanos;
  private Duration wall = Duration.ZERO;

  @Override
  public synchronized Instant now() {
    return START.plusNanos(nanos).plus(wall);
  }

  /** Somebody sets the wall clock; the monotonic one does not notice. */
  public synchronized void setWallClock(Duration change) {
    wall = wall.plus(change);
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public void sleep(Duration duration) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    advance(duration);
  }

  public synchronized void advance(Duration duration) {
    nanos += duration.toNanos();
  }
}
