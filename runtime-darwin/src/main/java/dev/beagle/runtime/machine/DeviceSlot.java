package dev.beagle.runtime.machine;

import dev.beagle.runtime.bus.MmioDevice;
import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.memory.GuestMemory;

/**
 * A place for a device of 4 KiB of registers, which the guest is told of as {@code virtio,mmio}.
 */
@FunctionalInterface
public interface DeviceSlot {
  /**
   * Makes the device, before the first vCPU runs.
   *
   * @param memory of the machine; gone once the device was closed
   * @param interrupt a level, as the guest is told
   */
  Device plug(GuestMemory memory, InterruptLine interrupt);

  /** Belongs to its machine, which closes it when no vCPU runs any more. */
  interface Device extends MmioDevice, AutoCloseable {
    /** Once this returns nothing touches the machine's memory. */
    @Override
    void close();
  }
}
