package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import dev.beagle.runtime.hypervisor.InterruptController.IoApic;

/**
 * A hypervisor in Java: arm64 guests of the few instructions that the tests' own guests are made
 * of, run by {@link SimulatedCpu}; whatever else a guest tries ends its machine, by name. Its
 * counter stands still but for guests that sleep until a timer, so nothing takes time.
 */
public final class SimulatedHypervisor implements Hypervisor {
  private static final HypervisorTraits TRAITS = new HypervisorTraits("simulated", 8, 16384, 36);

  @Override
  public HypervisorTraits traits() {
    return TRAITS;
  }

  @Override
  public VirtualMachine create(MachineShape shape) {
    if (shape.vcpus() < 1 || shape.vcpus() > TRAITS.maxVcpus()) {
      throw Failure.invalidArgument("%d vCPUs of 1 to 8".formatted(shape.vcpus()));
    }
    GicV3 gic =
        switch (shape.interrupts()) {
          case GicV3 own -> own;
          case IoApic _ -> throw Failure.invalidArgument("an I/O APIC in an arm64 machine");
        };
    return new SimulatedMachine(TRAITS, shape.vcpus(), gic);
  }
}
