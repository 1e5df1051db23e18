package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class KernelImageTest {
  private static KernelImage parse(ByteBuffer header, long fileBytes) {
    return KernelImage.parse("/boot/Image", header, fileBytes);
  }

  private static void refuses(ByteBuffer header, String why) {
    assertThatThrownBy(() -> parse(header, 0x1000))
        .isInstanceOf(Failure.class)
        .hasMessage("kernel /boot/Image cannot be booted: " + why);
  }

  @Test
  void theHeaderSaysWhereItWantsToStand() {
    ByteBuffer header = TestKernel.header().putLong(8, 0x8_0000);
    assertThat(parse(header, 0x1000)).isEqualTo(new KernelImage(0x8_0000, TestKernel.IMAGE_BYTES));
  }

  @Test
  void whatIsNoImageIsRefusedByWhatItIs() {
    refuses(ByteBuffer.allocate(0), "it does not have the header of an arm64 Image");
    refuses(ByteBuffer.allocate(64), "it does not have the header of an arm64 Image");
    refuses(
        ByteBuffer.allocate(64).put(0, (byte) 0x1f).put(1, (byte) 0x8b),
        "it is compressed; unpack it first");
    ByteBuffer efi =
        ByteBuffer.allocate(64).put(0, new byte[] {'M', 'Z', 0, 0, 'z', 'i', 'm', 'g'});
    refuses(efi, "it is compressed; unpack it first");
    refuses(TestKernel.header().putLong(24, 0xb), "it is big-endian");
  }

  @Test
  void numbersThatCannotBeAreRefused() {
    refuses(
        TestKernel.header().putLong(16, 0xfff),
        "its header says offset 0x0 and 4095 bytes, the file has 4096");
    refuses(
        TestKernel.header().putLong(16, -1),
        "its header says offset 0x0 and -1 bytes, the file has 4096");
    refuses(
        TestKernel.header().putLong(8, 0x20_0000),
        "its header says offset 0x200000 and 3145728 bytes, the file has 4096");
    refuses(
        TestKernel.header().putLong(8, -8),
        "its header says offset 0xfffffffffffffff8 and 3145728 bytes, the file has 4096");
  }
}
