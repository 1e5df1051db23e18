package dev.beagle.runtime.virtio.mmio;

import dev.beagle.runtime.hypervisor.InterruptLine;

/**
 * InterruptStatus and the line that is up as long as it is not zero. Any thread; nothing else is
 * locked while this is, so a worker can interrupt while a vCPU waits for it.
 */
final class DeviceInterrupts {
  static final int USED = 1;
  static final int CONFIG = 2;

  private final InterruptLine line;
  private int status;
  private boolean enabled;

  DeviceInterrupts(InterruptLine line) {
    this.line = line;
  }

  synchronized void enable() {
    enabled = true;
  }

  /** Ends what is pending, and what comes late. */
  synchronized void disable() {
    enabled = false;
    acknowledge(status);
  }

  synchronized void raise(int bit) {
    if (enabled) {
      status |= bit;
      line.raise();
    }
  }

  synchronized int status() {
    return status;
  }

  synchronized void acknowledge(int bits) {
    status &= ~bits;
    if (status == 0) {
      line.lower();
    }
  }
}
