package dev.beagle.runtime.hypervisor.hvf;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.HypervisorTraits;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import dev.beagle.runtime.hypervisor.InterruptController.IoApic;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.VirtualMachine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Hypervisor.framework; see the package. One machine at a time, for all of the process. */
public final class HvfHypervisor implements Hypervisor {
  /** The framework maps memory in Apple silicon's own pages. */
  private static final long GRANULE = 16384;

  private final HypervisorTraits traits;

  private HvfHypervisor() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(ValueLayout.JAVA_INT);
      HvfResult.require(
          HvfAbi.hv_vm_get_max_vcpu_count(cell.address()), "hv_vm_get_max_vcpu_count");
      int vcpus = cell.get(ValueLayout.JAVA_INT, 0);
      HvfResult.require(
          HvfAbi.hv_vm_config_get_default_ipa_size(cell.address()),
          "hv_vm_config_get_default_ipa_size");
      int bits = cell.get(ValueLayout.JAVA_INT, 0);
      traits = new HypervisorTraits("Hypervisor.framework", vcpus, GRANULE, bits);
    }
  }

  /**
   * This Mac's own.
   *
   * @throws Failure UNSUPPORTED where it is not, or lacks what is needed
   */
  public static HvfHypervisor ofThisHost() {
    HvfAbi.load(HvfAbi.FRAMEWORK);
    return new HvfHypervisor();
  }

  /** A library that exports the framework's ABI. */
  public static HvfHypervisor of(Path library) {
    HvfAbi.load(library.toString());
    return new HvfHypervisor();
  }

  /** Why a library cannot stand in for the framework; empty where it seems to be able to. */
  public static String problemOf(Path library) {
    return HvfAbi.problemOf(library.toString());
  }

  @Override
  public HypervisorTraits traits() {
    return traits;
  }

  @Override
  public VirtualMachine create(MachineShape shape) {
    if (shape.vcpus() < 1 || shape.vcpus() > traits.maxVcpus()) {
      throw Failure.invalidArgument(
          "%d vCPUs: this host runs 1 to %d in a machine"
              .formatted(shape.vcpus(), traits.maxVcpus()));
    }
    GicV3 gic =
        switch (shape.interrupts()) {
          case GicV3 own -> own;
          case IoApic _ ->
              throw Failure.invalidArgument("an I/O APIC: machines here are arm64, with a GIC");
        };
    return HvfMachine.create(traits, shape.vcpus(), gic);
  }
}
