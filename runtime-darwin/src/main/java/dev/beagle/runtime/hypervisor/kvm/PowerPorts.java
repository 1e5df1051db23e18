package dev.beagle.runtime.hypervisor.kvm;

import dev.beagle.runtime.hypervisor.Halt;
import org.jspecify.annotations.Nullable;

/**
 * The two ports of a PC that concern the whole machine: ACPI's sleep control, whose only sleep is
 * off, and the chip set's reset control. Elsewhere stands nothing.
 */
final class PowerPorts {
  /** PM1a_CNT of ACPI (6.5, 4.8.3.2.1). */
  static final int SLEEP_CONTROL = 0x604;

  static final int RESET_CONTROL = 0xcf9;

  private static final int SLEEP_ENABLE = 1 << 13;
  private static final int RESET_CPU = 1 << 2;

  private PowerPorts() {}

  /** Returns null when the guest goes on. */
  static @Nullable Halt write(int port, int value) {
    if (port == SLEEP_CONTROL && (value & SLEEP_ENABLE) != 0) {
      return new Halt.PowerOff();
    }
    return port == RESET_CONTROL && (value & RESET_CPU) != 0 ? new Halt.Reset() : null;
  }
}
