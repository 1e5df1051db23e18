package dev.beagle.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void pausesDoubleUpToTheLongest() {
    Backoff first = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
    assertThat(Stream.iterate(first, Backoff::next).limit(6).map(each -> each.pause().toMillis()))
        .containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L);
  }

  @Test
  void theLongestIsMetExactly() {
    Duration longest = Duration.ofNanos(5);
    assertThat(new Backoff(Duration.ofNanos(2), longest).next().pause())
        .isEqualTo(Duration.ofNanos(4));
    assertThat(new Backoff(Duration.ofNanos(3), longest).next().pause()).isEqualTo(longest);
    assertThat(new Backoff(longest, longest).next().pause()).isEqualTo(longest);
  }

  @Test
  void agesDoNotOverflow() {
    Duration ages = Duration.ofSeconds(Long.MAX_VALUE);
    assertThat(new Backoff(ages.dividedBy(2).plusSeconds(1), ages).next().pause()).isEqualTo(ages);
  }

  @Test
  void pausesAreAboveZeroAndNotAboveTheLongest() {
    for (Duration pause : new Duration[] {Duration.ZERO, Duration.ofMillis(-1)}) {
      assertThatThrownBy(() -> new Backoff(pause, Duration.ofSeconds(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
