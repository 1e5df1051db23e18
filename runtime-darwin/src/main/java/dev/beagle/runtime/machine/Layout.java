package dev.beagle.runtime.machine;

import dev.beagle.runtime.hypervisor.InterruptController.GicV3;

/**
 * Where everything stands in a guest's address space, and which interrupt lines the devices have.
 * All of it lies below 64 GiB for machines of up to 63 GiB, so that every Mac can map it.
 */
final class Layout {
  /** 32 MiB from the redistributors on are free of devices: some hosts reserve as much. */
  static final GicV3 GIC = new GicV3(0x0800_0000L, 0x080a_0000L);

  static final long CONSOLE = 0x0b00_0000L;
  static final long CLOCK = 0x0b01_0000L;
  static final long REGISTERS_BYTES = 0x1000;
  static final int CONSOLE_LINE = 0;

  /** Further devices, a slot each. */
  static final long SLOTS = 0x0c00_0000L;

  static final int FIRST_SLOT_LINE = 16;
  static final int MAX_SLOTS = 64;

  static final long RAM = 0x4000_0000L;

  /** Kernel, initramfs and device tree begin at multiples of it. */
  static final long BLOCK = 0x20_0000;

  private Layout() {}

  static long slot(int number) {
    return SLOTS + number * REGISTERS_BYTES;
  }

  static int slotLine(int number) {
    return FIRST_SLOT_LINE + number;
  }

  /** The first block at or above an address. */
  static long nextBlock(long address) {
    return (address + BLOCK - 1) & -BLOCK;
  }
}
