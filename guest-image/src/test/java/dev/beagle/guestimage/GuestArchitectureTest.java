package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

final class GuestArchitectureTest {
  private static ByteBuffer kernel(int at, int value) {
    return ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
  }

  private static void check(ByteBuffer kernel) {
    GuestArchitecture.ARM64.requireKernel("boot/vmlinuz-6", kernel);
  }

  @Test
  void aPlainImageIsTaken() {
    assertThatCode(() -> check(kernel(56, 0x644d5241))).doesNotThrowAnyException();
  }

  @Test
  void anotherFormatIsNamed() {
    assertThatThrownBy(() -> check(kernel(4, 0x676d697a)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("boot/vmlinuz-6 is an EFI image that unpacks itself (zimg)");
    assertThatThrownBy(() -> check(kernel(0, 0x00088b1f)))
        .hasMessageContaining("compressed with gzip");
    assertThatThrownBy(() -> check(kernel(0, 1))).hasMessageContaining("of an unknown format");
    assertThatThrownBy(() -> check(ByteBuffer.allocate(3)))
        .hasMessageContaining("machines load a plain arm64 Image");
  }
}
