package dev.beagle.runtime.hypervisor;

/**
 * What a guest of the contract does. Every architecture has its own programs; a simulated
 * hypervisor may have them in Java. All run from {@link HypervisorContract#RAM}.
 */
public enum GuestStory {
  /**
   * Stores 0x11, 0x2222, 0x33333333, 0x4444444444444444 of 1, 2, 4, 8 bytes to DEVICE, 8 bytes
   * apart; turns the machine off.
   */
  STORES,
  /**
   * Loads 1, 2, 4, 8 bytes from DEVICE, 8 bytes apart; stores each as 8 bytes at DEVICE + 0x100;
   * turns the machine off.
   */
  LOADS,
  /** Asks for a restart. */
  RESET,
  /** For ever: adds 1 to the 8 bytes at COUNTER. */
  COUNT,
  /** For ever: loads 8 bytes from WINDOW, stores them to DEVICE. */
  WATCH_WINDOW,
  /**
   * Stores 0x55 as 8 bytes to WINDOW, loads them again, stores them to DEVICE; turns the machine
   * off.
   */
  WRITE_WINDOW,
  /**
   * vCPU 0 turns vCPU 1 on with the context 0x77, waits until it is off again and turns the machine
   * off; vCPU 1 stores the context as 8 bytes to DEVICE and turns itself off.
   */
  SECOND_CPU,
  /**
   * Opens interrupt line {@link HypervisorContract#LINE} and sleeps; stores 1 to DEVICE when it is
   * interrupted, then sleeps again.
   */
  INTERRUPTED,
  /**
   * Sets a timer of 1 ms and sleeps; stores 2 to DEVICE when it rings, then turns the machine off.
   */
  TIMER,
  /** Goes on with code where there is no memory, at {@link HypervisorContract#NOWHERE}. */
  LOST
}
