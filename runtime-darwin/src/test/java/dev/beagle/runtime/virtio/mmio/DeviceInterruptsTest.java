package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.hypervisor.InterruptLine;
import org.junit.jupiter.api.Test;

final class DeviceInterruptsTest {
  private boolean up;

  private final DeviceInterrupts interrupts =
      new DeviceInterrupts(
          new InterruptLine() {
            @Override
            public void raise() {
              up = true;
            }

            @Override
            public void lower() {
              up = false;
            }
          });

  @Test
  void theLineIsUpUntilAllIsAcknowledged() {
    interrupts.enable();
    interrupts.raise(DeviceInterrupts.USED);
    interrupts.raise(DeviceInterrupts.CONFIG);
    interrupts.acknowledge(DeviceInterrupts.USED);
    assertThat(up).isTrue();
    interrupts.acknowledge(DeviceInterrupts.CONFIG);
    assertThat(up).isFalse();
  }

  @Test
  void afterAResetNothingIsPendingAndWhatComesLateIsNobodys() {
    interrupts.enable();
    interrupts.raise(DeviceInterrupts.USED);
    interrupts.disable();
    assertThat(up).isFalse();
    interrupts.raise(DeviceInterrupts.USED);
    assertThat(up).isFalse();
    assertThat(interrupts.status()).isZero();
  }
}
