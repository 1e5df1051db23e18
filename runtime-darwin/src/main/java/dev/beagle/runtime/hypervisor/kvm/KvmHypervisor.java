package dev.beagle.runtime.hypervisor.kvm;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.HypervisorTraits;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import dev.beagle.runtime.hypervisor.InterruptController.IoApic;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.VirtualMachine;

/** KVM on x86-64; see the package. */
public final class KvmHypervisor implements Hypervisor, AutoCloseable {
  private static final long GRANULE = 4096;

  private final int device;
  private final Cpuid cpuid;
  private final HypervisorTraits traits;

  private KvmHypervisor(int device) {
    this.device = device;
    int version = Kvm.ioctl(device, KvmAbi.KVM_GET_API_VERSION, 0, "KVM_GET_API_VERSION");
    if (version != KvmAbi.KVM_API_VERSION) {
      throw Failure.unsupported("KVM of the interface version " + version);
    }
    int vcpus =
        Kvm.ioctl(
            device, KvmAbi.KVM_CHECK_EXTENSION, KvmAbi.KVM_CAP_MAX_VCPUS, "KVM_CHECK_EXTENSION");
    cpuid = Cpuid.supported(device);
    traits = new HypervisorTraits("KVM", vcpus, GRANULE, cpuid.addressBits());
  }

  /**
   * @throws Failure UNSUPPORTED where KVM is not, or for another architecture; DENIED without the
   *     right to use it
   */
  public static KvmHypervisor ofThisHost() {
    HostPlatform host = HostPlatform.current();
    if (host.mac() || !host.architecture().equals("amd64")) {
      throw Failure.unsupported("KVM is used on x86-64 Linux only, so far");
    }
    int device = Kvm.openDevice();
    try {
      return new KvmHypervisor(device);
    } catch (RuntimeException failure) {
      Kvm.close(device);
      throw failure;
    }
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
    return switch (shape.interrupts()) {
      case IoApic _ -> KvmMachine.create(device, traits, cpuid, shape.vcpus());
      case GicV3 _ ->
          throw Failure.invalidArgument("a GIC: machines here are x86-64, with an I/O APIC");
    };
  }

  /** Machines that were made before live on. */
  @Override
  public void close() {
    Kvm.close(device);
  }
}
