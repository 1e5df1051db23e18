package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;

/** Makes virtual machines. Any thread. */
public interface Hypervisor {
  HypervisorTraits traits();

  /**
   * A machine without memory, whose vCPUs wait to be bound. Vcpu 0 is powered on, the others wait
   * until the guest turns them on.
   *
   * @throws Failure INVALID_ARGUMENT for a shape that {@link #traits} rules out; DENIED, EXHAUSTED,
   *     UNSUPPORTED or WRONG_STATE where the host does not give one more machine
   */
  VirtualMachine create(MachineShape shape);
}
