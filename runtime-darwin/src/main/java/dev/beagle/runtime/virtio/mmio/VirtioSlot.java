package dev.beagle.runtime.virtio.mmio;

import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.machine.DeviceSlot;
import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.virtio.VirtioDevice;

/**
 * Plugs a virtio device into a machine, which then drives it and resets it at its end. What the
 * device holds of the host (files, sockets) stays its owner's to close, after the machine.
 */
public record VirtioSlot(VirtioDevice device) implements DeviceSlot {
  @Override
  public Device plug(GuestMemory memory, InterruptLine interrupt) {
    return new VirtioMmioTransport(device, memory, interrupt);
  }
}
