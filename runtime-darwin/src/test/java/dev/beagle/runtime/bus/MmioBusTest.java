package dev.beagle.runtime.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MmioBusTest {
  /** Answers with its number and the offset, and keeps what was written. */
  private record Numbered(int number, List<String> written) implements MmioDevice {
    Numbered(int number) {
      this(number, new ArrayList<>());
    }

    @Override
    public long read(long offset, int sizeBytes) {
      return number * 0x1_0000L + offset;
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
      written.add("%x/%d=%x".formatted(offset, sizeBytes, value));
    }
  }

  private final Numbered one = new Numbered(1);
  private final Numbered two = new Numbered(2);
  private final MmioBus bus =
      new MmioBus.Builder().add(0x2000, 0x200, two).add(0x1000, 0x1000, one).build();

  @Test
  void devicesSeeOffsets() {
    assertThat(bus.read(0x1FFC, 4)).isEqualTo(0x1_0FFC);
    assertThat(bus.read(0x2000, 4)).isEqualTo(0x2_0000);
    bus.write(0x21FF, 1, 0xAB);
    assertThat(two.written()).containsExactly("1ff/1=ab");
    assertThat(one.written()).isEmpty();
  }

  @Test
  void whereNothingStandsReadsGiveOnes() {
    for (long address : new long[] {0, 0xFFF, 0x2200, -8, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThat(bus.read(address, 8)).as("%#x", address).isEqualTo(-1);
      bus.write(address, 8, 1);
    }
    assertThat(one.written()).isEmpty();
    assertThat(two.written()).isEmpty();
  }

  @Test
  void anAccessAcrossTheEndOfADeviceIsNobodys() {
    assertThat(bus.read(0x21FD, 4)).isEqualTo(-1);
    assertThat(bus.read(0x1FFD, 4)).as("across two devices").isEqualTo(-1);
  }

  @Test
  void devicesDoNotOverlap() {
    MmioBus.Builder builder = new MmioBus.Builder().add(0x1000, 0x1000, one);
    for (long start : new long[] {0x1000, 0x1FFF, 0x800, 0xFFF}) {
      assertThatThrownBy(() -> builder.add(start, 0x900, two))
          .as("%#x", start)
          .isInstanceOf(Failure.class)
          .hasMessageContaining("overlap");
    }
    assertThatThrownBy(() -> builder.add(0x9000, 0, two)).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> builder.add(Long.MAX_VALUE, 2, two)).isInstanceOf(Failure.class);
    builder.add(0x2000, 1, two).add(0xF00, 0x100, two);
  }
}
