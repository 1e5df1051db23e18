package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class HostMemoryTest {
  @Test
  void memoryIsAlignedZeroAndWritableToItsEnd() {
    try (HostMemory memory = HostMemory.reserve(0x8000)) {
      assertThat(memory.segment().address() % 16384).isZero();
      assertThat(memory.segment().byteSize()).isEqualTo(0x8000);
      assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 0x7fff)).isZero();
      memory.segment().set(ValueLayout.JAVA_BYTE, 0x7fff, (byte) 9);
      assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 0x7fff)).isEqualTo((byte) 9);
    }
  }

  @Test
  void sizesThatNoHypervisorMapsAreRefused() {
    assertThatThrownBy(() -> HostMemory.reserve(4096))
        .isInstanceOf(Failure.class)
        .hasMessage("4096 bytes are no multiple of 16 KiB");
    assertThatThrownBy(() -> HostMemory.reserve(0)).isInstanceOf(Failure.class);
  }

  @Test
  void moreThanThereIsIsExhausted() {
    assertThatThrownBy(() -> HostMemory.reserve(1L << 60))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED));
  }
}
