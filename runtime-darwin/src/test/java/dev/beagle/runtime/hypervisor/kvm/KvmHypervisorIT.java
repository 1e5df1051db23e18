package dev.beagle.runtime.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.hypervisor.Access;
import dev.beagle.runtime.hypervisor.Arm64Guests;
import dev.beagle.runtime.hypervisor.GuestStory;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.HypervisorContract;
import dev.beagle.runtime.hypervisor.InterruptController;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.RecordingBus;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.hypervisor.VcpuThread;
import dev.beagle.runtime.hypervisor.VirtualMachine;
import dev.beagle.runtime.hypervisor.X86Guests;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract on KVM. */
@Tag("kvm")
final class KvmHypervisorIT extends HypervisorContract {
  private static final long TRAMPOLINE_BYTES = 0x4000;

  private static KvmHypervisor hypervisor;

  @BeforeAll
  static void open() {
    Path device = Path.of("/dev/kvm");
    assumeThat(Files.isReadable(device) && Files.isWritable(device))
        .as("/dev/kvm is there for this user")
        .isTrue();
    hypervisor = KvmHypervisor.ofThisHost();
  }

  @AfterAll
  static void close() {
    if (hypervisor != null) {
      hypervisor.close();
    }
  }

  @Override
  protected Hypervisor hypervisor() {
    return hypervisor;
  }

  @Override
  protected MachineShape shape(int vcpus) {
    return new MachineShape(vcpus, new InterruptController.IoApic());
  }

  @Override
  protected void furnish(VirtualMachine machine) {
    MemorySegment trampoline = memory(TRAMPOLINE_BYTES);
    X86Guests.writeTrampoline(trampoline);
    machine.map(X86Guests.TRAMPOLINE, trampoline, Access.ALL);
  }

  @Override
  protected void write(GuestStory story, MemorySegment memory) {
    X86Guests.write(story, memory);
  }

  @Override
  protected void enter(Vcpu vcpu) {
    vcpu.write(Register.X86.RIP, RAM);
    vcpu.write(Register.X86.RSP, X86Guests.STACK);
    vcpu.write(Register.X86.CR3, X86Guests.CR3);
  }

  @Test
  void theTraitsAreTheKernels() {
    assertThat(hypervisor.traits().name()).isEqualTo("KVM");
    assertThat(hypervisor.traits().granuleBytes()).isEqualTo(4096);
    assertThat(hypervisor.traits().addressBits()).isBetween(36, 52);
    assertThat(hypervisor.traits().maxVcpus()).isPositive();
  }

  @Test
  void aProcessMayHaveSeveralMachines() {
    try (VirtualMachine second = hypervisor.create(shape(1))) {
      assertThat(second).isNotNull();
    }
  }

  @Test
  void anArm64MachineIsRefusedByName() {
    assertThatThrownBy(() -> hypervisor.create(new MachineShape(1, Arm64Guests.GIC)))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT))
        .hasMessage("a GIC: machines here are x86-64, with an I/O APIC");
  }

  /** A triple fault: a PC begins anew. */
  @Test
  void aGuestWithoutPageTablesStartsAnew() {
    VcpuThread vcpu = begin(memory -> {});
    vcpu.call(() -> {
      vcpu.vcpu().write(Register.X86.CR3, RAM);
      return true;
    });
    assertThat(vcpu.run(new RecordingBus())).isEqualTo(new Halt.Reset());
  }
}
