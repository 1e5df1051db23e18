package dev.beagle.runtime.virtio.entropy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import dev.beagle.runtime.virtio.mmio.VirtioRequestContract;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class EntropyDeviceTest extends VirtioRequestContract {
  @Override
  protected VirtioDevice device() {
    return new EntropyDevice();
  }

  @Override
  protected Example example() {
    return new Example(0, MemorySegment.NULL, 64);
  }

  @Override
  protected void check(byte[] room, int used) {
    assertThat(used).isEqualTo(64);
    // All the same by chance: once in 2^504 times.
    assertThat(room).isNotEqualTo(repeated(room[0]));
  }

  private static byte[] repeated(byte value) {
    byte[] bytes = new byte[64];
    Arrays.fill(bytes, value);
    return bytes;
  }

  private byte[] ask(int bytes, int flags) throws InterruptedException {
    driver.offer(0, MmioDriver.DATA, bytes, flags);
    driver.kick(0);
    driver.awaitInterrupt();
    return driver
        .memory
        .slice(MmioDriver.DATA, driver.usedLength(0))
        .toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void buffersAreFilledWithBytesThatDiffer() throws InterruptedException {
    driver.begin();
    byte[] first = ask(64, 2);
    assertThat(first).hasSize(64);
    assertThat(ask(64, 2)).hasSize(64).isNotEqualTo(first);
  }

  @Test
  void hugeAndReadOnlyBuffersAreGivenBackWithWhatWasWritten() throws InterruptedException {
    driver.begin();
    assertThat(ask(0x8_0000, 2)).hasSize(EntropyDevice.MAX_BYTES);
    assertThat(ask(64, 0)).isEmpty();
  }
}
