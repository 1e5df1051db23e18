package dev.beagle.runtime.virtio.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import dev.beagle.runtime.virtio.mmio.VirtioRequestContract;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ConsoleDeviceTest extends VirtioRequestContract {
  private static final int RX = 0;
  private static final int TX = 1;
  private static final int WRITE = 2;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ConsoleDevice console = new ConsoleDevice(printed::write);

  @Override
  protected VirtioDevice device() {
    return console;
  }

  @Override
  protected Example example() {
    return new Example(TX, MemorySegment.ofArray(ascii("hello, console\n")), 0);
  }

  @Override
  protected void check(byte[] room, int used) {
    assertThat(printed.toString(StandardCharsets.US_ASCII)).isEqualTo("hello, console\n");
    assertThat(used).isZero();
    printed.reset();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] numbered(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ((i * 7) >> 3);
    }
    return bytes;
  }

  /** What the device writes into a buffer of so many bytes. */
  private byte[] read(int room) throws InterruptedException {
    int before = driver.usedIndex(RX);
    driver.offer(RX, MmioDriver.DATA, room, WRITE);
    driver.kick(RX);
    driver.awaitUsedIndex(RX, before + 1);
    return driver
        .memory
        .slice(MmioDriver.DATA, driver.usedLength(RX))
        .toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void inputComesWhenTheGuestGivesRoom() throws InterruptedException {
    driver.begin();
    assertThat(console.type(ascii("ls\n"))).isEqualTo(3);
    assertThat(read(2)).isEqualTo(ascii("ls"));
    assertThat(read(4096)).isEqualTo(ascii("\n"));
  }

  @Test
  void roomThatWaitsIsFilledAsSoonAsSomethingIsTyped() throws InterruptedException {
    driver.begin();
    driver.offer(RX, MmioDriver.DATA, 4096, WRITE);
    driver.kick(RX);
    console.type(ascii("x"));
    driver.awaitUsedIndex(RX, 1);
    assertThat(driver.usedLength(RX)).isOne();
  }

  @Test
  void whatWasTypedBeforeThereWasADriverIsNotLost() throws InterruptedException {
    console.type(ascii("early"));
    driver.begin();
    assertThat(read(64)).isEqualTo(ascii("early"));
  }

  @Test
  void aGuestThatDoesNotReadCostsABoundedAmount() throws InterruptedException {
    byte[] much = numbered(ConsoleDevice.INPUT_BYTES + 1000);
    assertThat(console.type(ascii("abc"))).isEqualTo(3);
    driver.begin();
    assertThat(read(3)).isEqualTo(ascii("abc"));
    assertThat(console.type(much)).isEqualTo(ConsoleDevice.INPUT_BYTES);
    assertThat(console.type(much)).isZero();
    byte[] first = read(0x1_8000);
    assertThat(first).hasSize(ConsoleDevice.INPUT_BYTES);
    assertThat(MemorySegment.ofArray(first).mismatch(MemorySegment.ofArray(much)))
        .isEqualTo(ConsoleDevice.INPUT_BYTES);
    assertThat(console.type(much)).isEqualTo(ConsoleDevice.INPUT_BYTES);
  }

  @Test
  void buffersThatAreOnlyReadAreGivenBackEmptyAndTheInputWaits() throws InterruptedException {
    driver.begin();
    console.type(ascii("later"));
    driver.offer(RX, MmioDriver.DATA, 64, 0);
    driver.kick(RX);
    driver.awaitUsedIndex(RX, 1);
    assertThat(driver.usedLength(RX)).isZero();
    assertThat(read(64)).isEqualTo(ascii("later"));
  }

  @Test
  void theWindowsSizeIsToldAndItsChanges() throws InterruptedException {
    console.resize(80, 24);
    driver.begin();
    assertThat(config()).isEqualTo(24 << 16 | 80);
    console.resize(0x1234, 0xffff);
    driver.awaitConfigurationChange();
    assertThat(config()).isEqualTo(0xffff_1234);
    assertThatThrownBy(() -> console.resize(-1, 24)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> console.resize(80, 0x1_0000))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private int config() {
    return (int) console.config().read(0, 4);
  }
}
