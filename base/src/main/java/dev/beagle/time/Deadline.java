package dev.beagle.time;

import java.time.Duration;

/** A moment on the monotonic clock by which something has to be done. Immutable. */
public final class Deadline {
  private final Time time;
  private final long atNanos;

  private Deadline(Time time, long atNanos) {
    this.time = time;
    this.atNanos = atNanos;
  }

  public static Deadline after(Time time, Duration duration) {
    return new Deadline(time, time.nanos() + duration.toNanos());
  }

  /** What is left; zero once it has passed, never negative. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, atNanos - time.nanos()));
  }

  public boolean passed() {
    return atNanos - time.nanos() <= 0;
  }
}
