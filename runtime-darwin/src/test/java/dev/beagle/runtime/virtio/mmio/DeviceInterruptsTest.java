package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.testing.RecordingLine;
import org.junit.jupiter.api.Test;

final class DeviceInterruptsTest {
  private final RecordingLine line = new RecordingLine();
  private final DeviceInterrupts interrupts = new DeviceInterrupts(line);

  @Test
  void theLineIsUpUntilAllIsAcknowledged() {
    interrupts.enable();
    interrupts.raise(DeviceInterrupts.USED);
    interrupts.raise(DeviceInterrupts.CONFIG);
    interrupts.acknowledge(DeviceInterrupts.USED);
    assertThat(line.isUp()).isTrue();
    interrupts.acknowledge(DeviceInterrupts.CONFIG);
    assertThat(line.isUp()).isFalse();
  }

  @Test
  void afterAResetNothingIsPendingAndWhatComesLateIsNobodys() {
    interrupts.enable();
    interrupts.raise(DeviceInterrupts.USED);
    interrupts.disable();
    assertThat(line.isUp()).isFalse();
    interrupts.raise(DeviceInterrupts.USED);
    assertThat(line.isUp()).isFalse();
    assertThat(interrupts.status()).isZero();
  }
}
