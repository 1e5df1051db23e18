package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VirtioMmioTransportTest {
  /** Gives everything back unread, or fails. */
  private static final class Loose implements VirtioDevice {
    private final ConfigSpace config = new ConfigSpace(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    private final boolean defect;
    private @Nullable ActiveQueues queues;

    Loose(boolean defect) {
      this.defect = defect;
    }

    @Override
    public VirtioTraits traits() {
      return new VirtioTraits("loose", 42, 1, List.of(16));
    }

    @Override
    public ConfigSpace config() {
      return config;
    }

    @Override
    public void activate(ActiveQueues queues) {
      this.queues = queues;
    }

    @Override
    public void process(int queue) {
      if (defect) {
        config.update(0, new byte[] {0});
        throw new IllegalStateException("a defect");
      }
      if (queues != null) {
        queues.serve(queue, chain -> 0);
      }
    }

    @Override
    public void reset() {}
  }

  @Test
  void requestsAreAnsweredWithAnInterruptAlsoWithoutAKick() throws InterruptedException {
    try (MmioDriver driver = new MmioDriver(new Loose(false))) {
      driver.negotiate(driver.offered());
      driver.openQueue(0, 16, MmioDriver.RAM);
      driver.offer(0, MmioDriver.DATA, 16, 2);
      driver.addStatus(VirtioMmioTransport.DRIVER_OK);
      assertThat(driver.awaitInterrupt()).isEqualTo(DeviceInterrupts.USED);
      for (int i = 2; i < 1000; i++) {
        driver.offer(0, MmioDriver.DATA, 16, 2);
        driver.kick(0);
        assertThat(driver.awaitInterrupt()).isEqualTo(DeviceInterrupts.USED);
        assertThat(driver.usedIndex(0)).isEqualTo(i);
      }
    }
  }

  @Test
  void aBrokenRingOrChainCostsTheDeviceUntilItsReset() throws InterruptedException {
    try (MmioDriver driver = new MmioDriver(new Loose(false))) {
      driver.begin();
      driver.jump(0, 1000);
      driver.kick(0);
      assertThat(driver.awaitInterrupt()).isEqualTo(DeviceInterrupts.CONFIG);
      assertThat(driver.status() & VirtioMmioTransport.NEEDS_RESET).isNotZero();
      driver.begin();
      driver.offer(0, -16, 16, 2);
      driver.kick(0);
      assertThat(driver.awaitInterrupt()).isEqualTo(DeviceInterrupts.CONFIG);
      driver.begin();
      assertThat(driver.status() & VirtioMmioTransport.NEEDS_RESET).isZero();
    }
  }

  @Test
  void configurationChangesWithItsGenerationAndAnInterruptForWhoListens()
      throws InterruptedException {
    Loose device = new Loose(false);
    try (MmioDriver driver = new MmioDriver(device)) {
      assertThat(driver.read(0x100)).isEqualTo(0x04030201);
      int before = driver.read(0xfc);
      device.config().update(4, new byte[] {9});
      assertThat(driver.interrupted()).isFalse();
      assertThat(driver.read(0xfc)).isNotEqualTo(before);
      assertThat(driver.read(0x104)).isEqualTo(0x08070609);
      driver.begin();
      device.config().update(4, new byte[] {5});
      assertThat(driver.awaitInterrupt()).isEqualTo(DeviceInterrupts.CONFIG);
      int active = driver.read(0xfc);
      driver.write(0x70, 0);
      assertThat(driver.read(0xfc)).isEqualTo(active);
    }
  }

  @Test
  void aDefectOfTheDeviceReachesTheNextVcpu() throws InterruptedException {
    try (MmioDriver driver = new MmioDriver(new Loose(true))) {
      driver.begin();
      assertThatThrownBy(
              () -> {
                while (true) {
                  driver.awaitInterrupt();
                }
              })
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("loose")
          .hasRootCauseMessage("a defect");
    }
  }
}
