package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.Virtqueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every device does, whatever it is for, seen through its registers. */
@Timeout(60)
public abstract class VirtioDeviceContract {
  private static final int ALL =
      VirtioMmioTransport.ACKNOWLEDGE
          | VirtioMmioTransport.DRIVER
          | VirtioMmioTransport.FEATURES_OK
          | VirtioMmioTransport.DRIVER_OK;

  VirtioDevice device;
  protected MmioDriver driver;

  protected abstract VirtioDevice device();

  @BeforeEach
  final void plug() {
    device = device();
    driver = new MmioDriver(device);
  }

  @AfterEach
  final void unplug() {
    driver.close();
  }

  final void assertDead() throws InterruptedException {
    assertThat(driver.awaitInterrupt() & DeviceInterrupts.CONFIG).isNotZero();
    assertThat(driver.status() & VirtioMmioTransport.NEEDS_RESET).isNotZero();
    driver.begin();
    assertThat(driver.status()).isEqualTo(ALL);
    assertThat(driver.interrupted()).isFalse();
  }

  @Test
  final void isFoundAndOffersWhatEveryDeviceDoes() {
    assertThat(driver.read(0)).isEqualTo(0x74726976);
    assertThat(driver.read(4)).isEqualTo(2);
    assertThat(driver.read(8)).isEqualTo(device.traits().id());
    long common = Virtqueue.INDIRECT_DESC | Virtqueue.EVENT_IDX | VirtioMmioTransport.VERSION_1;
    assertThat(driver.offered()).isEqualTo(device.traits().features() | common);
    for (int queue = 0; queue < device.traits().queueSizes().size(); queue++) {
      assertThat(driver.maxSize(queue)).isEqualTo(device.traits().queueSizes().get(queue));
    }
    assertThat(driver.maxSize(device.traits().queueSizes().size())).isZero();
    assertThat(driver.maxSize(-1)).isZero();
  }

  @Test
  final void featuresThatWereNotOfferedOrThatLackVersionOneAreRefused() {
    driver.negotiate(driver.offered() | 1L << 50);
    assertThat(driver.status() & VirtioMmioTransport.FEATURES_OK).isZero();
    driver.negotiate(driver.offered() & ~VirtioMmioTransport.VERSION_1);
    assertThat(driver.status() & VirtioMmioTransport.FEATURES_OK).isZero();
    driver.addStatus(VirtioMmioTransport.DRIVER_OK);
    assertThat(driver.status() & VirtioMmioTransport.DRIVER_OK).isZero();
    driver.negotiate(VirtioMmioTransport.VERSION_1);
    assertThat(driver.status() & VirtioMmioTransport.FEATURES_OK).isNotZero();
  }

  @Test
  final void stepsOutOfOrderAreNotHeard() {
    driver.write(0x70, ALL);
    driver.write(0x70, VirtioMmioTransport.DRIVER);
    assertThat(driver.status()).isZero();
    driver.begin();
    driver.write(0x70, VirtioMmioTransport.ACKNOWLEDGE);
    assertThat(driver.status()).isEqualTo(ALL);
  }

  @Test
  final void aResetForgetsEverythingAsOftenAsItComes() {
    for (int i = 0; i < 200; i++) {
      driver.begin();
      assertThat(driver.status()).isEqualTo(ALL);
      driver.write(0x70, 0);
      assertThat(driver.status()).isZero();
      assertThat(driver.read(0x60)).isZero();
      assertThat(driver.interrupted()).isFalse();
      driver.write(0x30, 0);
      assertThat(driver.read(0x44)).isZero();
    }
  }

  @Test
  final void aQueueIsTakenBackWhenTheDriverSaysSo() {
    driver.begin();
    driver.write(0x30, 0);
    assertThat(driver.read(0x44)).isOne();
    driver.write(0x44, 0);
    assertThat(driver.read(0x44)).isZero();
    driver.kick(0);
  }

  @Test
  final void kicksOfNoQueueOrBeforeTheDriverIsReadyAreNotHeard() {
    driver.kick(0);
    driver.begin();
    driver.kick(7);
    driver.kick(-1);
    assertThat(driver.status()).isEqualTo(ALL);
  }

  @Test
  final void ringsThatAreNoneCostTheDevice() throws InterruptedException {
    int most = driver.maxSize(0);
    long[][] rings = {
      {0, MmioDriver.RAM},
      {3, MmioDriver.RAM},
      {2L * most, MmioDriver.RAM},
      {1, MmioDriver.RAM + 4},
      {1, MmioDriver.RAM + MmioDriver.RAM_BYTES},
      {1, -16},
    };
    for (long[] ring : rings) {
      driver.negotiate(driver.offered());
      driver.openQueue(0, (int) ring[0], ring[1]);
      assertThat(driver.read(0x44)).isZero();
      driver.addStatus(VirtioMmioTransport.DRIVER_OK);
      assertDead();
    }
  }

  @Test
  final void noConfigurationIsWritten() {
    driver.begin();
    for (int offset = 0x100; offset < 0x140; offset += 4) {
      int before = driver.read(offset);
      driver.write(offset, ~before);
      assertThat(driver.read(offset)).isEqualTo(before);
    }
  }

  @Test
  final void registersOfOtherWidthsAndPlacesReadAsNothing() {
    assertThat(driver.read(0x28)).isZero();
    assertThat(driver.read(0xc0)).isZero();
    assertThat(driver.read(0xb0)).isEqualTo(-1);
    assertThat(driver.read(0xffc)).isZero();
  }
}
