package dev.beagle.runtime.hypervisor.hvf;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which vCPUs are on. A vCPU's own thread waits here while it is off; any thread turns it on or
 * wakes it. Guarded by itself.
 */
final class PowerStates {
  /**
   * Where a vCPU begins.
   *
   * @param context goes to X0
   */
  record Entry(long address, long context) {}

  private enum State {
    OFF,
    PENDING,
    ON
  }

  private final State[] states;
  private final Entry[] entries;

  PowerStates(int vcpus) {
    states = new State[vcpus];
    entries = new Entry[vcpus];
    Arrays.fill(states, State.OFF);
    Arrays.fill(entries, new Entry(0, 0));
    states[0] = State.ON;
  }

  int count() {
    return states.length;
  }

  /** Returns a PSCI result. */
  synchronized long turnOn(int index, Entry entry) {
    return switch (states[index]) {
      case ON -> Psci.ALREADY_ON;
      case PENDING -> Psci.ON_PENDING;
      case OFF -> {
        entries[index] = entry;
        states[index] = State.PENDING;
        notifyAll();
        yield Psci.SUCCESS;
      }
    };
  }

  synchronized void turnOff(int index) {
    states[index] = State.OFF;
  }

  /** As AFFINITY_INFO tells it: 0 on, 1 off, 2 about to be on. */
  synchronized long affinityInfo(int index) {
    return switch (states[index]) {
      case ON -> 0;
      case OFF -> 1;
      case PENDING -> 2;
    };
  }

  synchronized boolean isOn(int index) {
    return states[index] == State.ON;
  }

  /**
   * Waits until the vCPU is turned on or {@code interrupted} holds, which is looked at after each
   * {@link #wake}.
   *
   * @return where to begin, or null when interrupted
   */
  synchronized @Nullable Entry awaitOn(int index, BooleanSupplier interrupted)
      throws InterruptedException {
    while (states[index] == State.OFF) {
      if (interrupted.getAsBoolean()) {
        return null;
      }
      wait();
    }
    states[index] = State.ON;
    return entries[index];
  }

  synchronized void wake() {
    notifyAll();
  }
}
