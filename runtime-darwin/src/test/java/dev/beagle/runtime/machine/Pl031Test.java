package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class Pl031Test {
  private final ManualTime time = new ManualTime();
  private final Pl031 clock = new Pl031(time);

  @Test
  void itTellsTheHostsTimeAsOfNow() {
    assertThat(clock.read(0, 4)).isEqualTo(time.now().getEpochSecond());
    time.advance(Duration.ofHours(3)); // the host slept
    assertThat(clock.read(0, 4)).isEqualTo(time.now().getEpochSecond());
    assertThat(clock.read(0x0c, 4)).isEqualTo(1);
  }

  @Test
  void aGuestMaySetItForItself() {
    clock.write(8, 4, 1000);
    time.advance(Duration.ofSeconds(5));
    assertThat(clock.read(0, 4)).isEqualTo(1005);
    assertThat(clock.read(8, 4)).isEqualTo(1000);
  }

  @Test
  void theDriverFindsArmsClock() {
    assertThat(clock.read(0xfe0, 4)).isEqualTo(0x31);
    assertThat(clock.read(0xffc, 4)).isEqualTo(0xb1);
  }
}
