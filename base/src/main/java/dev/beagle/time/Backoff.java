package dev.beagle.time;

import java.time.Duration;

/**
 * Pauses between attempts: each is twice the one before, up to a longest. Immutable; one that is
 * kept as a constant serves every series.
 *
 * @param pause before the next attempt
 * @param longest no pause is longer
 */
public record Backoff(Duration pause, Duration longest) {
  public Backoff {
    if (!pause.isPositive() || pause.compareTo(longest) > 0) {
      throw new IllegalArgumentException("pause " + pause + " is not above 0 and up to " + longest);
    }
  }

  /** After one more attempt that did not work. */
  public Backoff next() {
    // The other way round a pause of ages would overflow.
    return pause.compareTo(longest.dividedBy(2)) > 0
        ? new Backoff(longest, longest)
        : new Backoff(pause.multipliedBy(2), longest);
  }
}
