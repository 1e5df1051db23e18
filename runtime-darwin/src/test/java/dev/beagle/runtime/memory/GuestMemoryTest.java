package dev.beagle.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GuestMemoryTest {
  private static final long LOW = 0x4000_0000L;
  private static final long HIGH = 0x1_0000_0000L;

  private final MemorySegment low = Arena.ofAuto().allocate(4096, 4096);
  private final MemorySegment high = Arena.ofAuto().allocate(8192, 4096);
  private final GuestMemory memory =
      new GuestMemory(
          List.of(new GuestMemory.Region(LOW, low), new GuestMemory.Region(HIGH, high)));

  @Test
  void numbersAreLittleEndianAndUnsigned() {
    memory.setLong(LOW + 1, 0xF1F2_F3F4_F5F6_F7F8L);
    assertThat(low.get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 0xF8);
    assertThat(memory.getByte(LOW + 1)).isEqualTo(0xF8);
    assertThat(memory.getShort(LOW + 1)).isEqualTo(0xF7F8);
    assertThat(memory.getInt(LOW + 1)).isEqualTo(0xF5F6_F7F8);
    assertThat(memory.getLong(LOW + 1)).isEqualTo(0xF1F2_F3F4_F5F6_F7F8L);
    memory.setByte(LOW, 0x1FF);
    memory.setShort(LOW + 2, 0x1_2345);
    memory.setInt(LOW + 4, 0x0102_0304);
    assertThat(memory.getLong(LOW)).isEqualTo(0x0102_0304_2345_F8FFL);
  }

  @Test
  void indicesAreHandedOver() {
    memory.setShortRelease(HIGH + 8190, 0xFFFE);
    assertThat(memory.getShortAcquire(HIGH + 8190)).isEqualTo(0xFFFE);
    assertThat(high.get(ValueLayout.JAVA_BYTE, 8190)).isEqualTo((byte) 0xFE);
    assertThatThrownBy(() -> memory.getShortAcquire(LOW + 1))
        .isInstanceOf(GuestViolation.class)
        .hasMessageContaining("0x40000001");
    assertThatThrownBy(() -> memory.setShortRelease(LOW + 3, 1)).isInstanceOf(GuestViolation.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0x40000000, 4096, true",
    "0x40001000, 0, true",
    "0x40000001, 4096, false",
    "0x3fffffff, 1, false",
    "0x40001000, 1, false",
    "0x100001000, 4096, true",
    "0x100001000, 4097, false",
    "0x7fffffffffffffff, 1, false",
    "0xffffffffffffffff, 8, false",
    "0x40000000, -1, false",
    "0x40000000, 0x7fffffffffffffff, false",
  })
  void aStretchIsRamOrNot(String address, String length, boolean ram) {
    long at = Long.parseUnsignedLong(address.substring(2), 16);
    long count =
        length.startsWith("0x")
            ? Long.parseUnsignedLong(length.substring(2), 16)
            : Long.parseLong(length);
    assertThat(memory.contains(at, count)).isEqualTo(ram);
    if (ram) {
      assertThat(memory.slice(at, count).byteSize()).isEqualTo(count);
    } else {
      assertThatThrownBy(() -> memory.slice(at, count))
          .isInstanceOf(GuestViolation.class)
          .hasMessageContaining(Long.toHexString(at));
    }
  }

  @Property(tries = 2000)
  void whateverTheAddressOnlyViolationsComeOut(@ForAll long address, @ForAll long length) {
    boolean ram = memory.contains(address, length);
    try {
      assertThat(memory.slice(address, length).byteSize()).isEqualTo(length);
      assertThat(ram).isTrue();
    } catch (GuestViolation violation) {
      assertThat(ram).isFalse();
    }
  }

  @Test
  void aWriteAcrossTheEndWritesNothing() {
    assertThatThrownBy(() -> memory.setLong(LOW + 4092, -1)).isInstanceOf(GuestViolation.class);
    assertThat(memory.getInt(LOW + 4092)).isZero();
  }

  @Test
  void regionsDoNotOverlapAndDoNotWrap() {
    assertThatThrownBy(() ->
            new GuestMemory(
                List.of(
                    new GuestMemory.Region(LOW, low), new GuestMemory.Region(LOW + 4095, high))))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("overlaps");
    assertThatThrownBy(() -> new GuestMemory.Region(Long.MAX_VALUE - 10, low))
        .isInstanceOf(Failure.class);
    assertThatThrownBy(() -> new GuestMemory.Region(-4096, low)).isInstanceOf(Failure.class);
  }
}
