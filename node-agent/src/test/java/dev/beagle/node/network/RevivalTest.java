package dev.beagle.node.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.testing.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RevivalTest {
  private final ManualTime time = new ManualTime();
  private final AtomicInteger attempts = new AtomicInteger();
  private final Revival revival = new Revival("the thing", time);

  @Test
  void itTriesUntilItWorksWithGrowingPauses() {
    Instant begin = time.now();
    boolean lives =
        revival.revive(
            () -> false,
            () -> {
              if (attempts.incrementAndGet() < 4) {
                throw Failure.unavailable("not yet");
              }
            });
    assertThat(lives).isTrue();
    assertThat(attempts).hasValue(4);
    assertThat(Duration.between(begin, time.now())).isEqualTo(Duration.ofMillis(200 + 400 + 800));
  }

  @Test
  void whatNobodyWantsStaysDead() {
    assertThat(revival.revive(() -> true, attempts::incrementAndGet)).isFalse();
    assertThat(attempts).hasValue(0);
  }
}
