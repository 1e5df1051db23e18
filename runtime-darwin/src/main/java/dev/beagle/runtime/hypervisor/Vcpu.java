package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;

/** Every method but {@link #cancel} belongs to the thread that bound it. */
public interface Vcpu extends AutoCloseable {
  /** Sets a register before the first run. */
  void write(Register register, long value);

  /**
   * Runs guest code until there is a reason to stop; waits while this vCPU is powered off. What the
   * bus throws is thrown from here, and the access is made again by the next run.
   *
   * @throws Failure INTERNAL when the hypervisor refuses to run the guest's state
   */
  Halt run(DeviceBus bus);

  /**
   * Any thread: makes the run in progress, or else the next one, return {@link Halt.Cancelled}
   * soon. Several before that count as one; none is lost.
   */
  void cancel();

  @Override
  void close();
}
