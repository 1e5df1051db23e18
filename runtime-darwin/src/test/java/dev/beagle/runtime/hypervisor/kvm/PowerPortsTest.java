package dev.beagle.runtime.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.hypervisor.Halt;
import org.junit.jupiter.api.Test;

final class PowerPortsTest {
  @Test
  void sleepIsOffOnceItIsEnabled() {
    assertThat(PowerPorts.write(0x604, 0x3400)).isEqualTo(new Halt.PowerOff());
    assertThat(PowerPorts.write(0x604, 0x1400)).isNull();
  }

  @Test
  void aResetIsOneOfTheCpu() {
    assertThat(PowerPorts.write(0xcf9, 6)).isEqualTo(new Halt.Reset());
    assertThat(PowerPorts.write(0xcf9, 2)).isNull();
  }

  @Test
  void elsewhereStandsNothing() {
    assertThat(PowerPorts.write(0x80, -1)).isNull();
  }
}
