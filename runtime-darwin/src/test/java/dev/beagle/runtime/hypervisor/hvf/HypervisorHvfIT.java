package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Arm64Code;
import dev.beagle.runtime.hypervisor.Arm64Guests;
import dev.beagle.runtime.hypervisor.GuestStory;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.HypervisorContract;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.RecordingBus;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.hypervisor.VcpuThread;
import dev.beagle.runtime.testing.HvSim;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hypervisor.framework's backend on hv-sim. */
@Tag("hvf")
final class HypervisorHvfIT extends HypervisorContract {
  private static HvfHypervisor hypervisor;

  @BeforeAll
  static void load() {
    hypervisor = HvfHypervisor.of(HvSim.require("library").library());
  }

  @Override
  protected Hypervisor hypervisor() {
    return hypervisor;
  }

  @Override
  protected MachineShape shape(int vcpus) {
    return new MachineShape(vcpus, Arm64Guests.GIC);
  }

  @Override
  protected void write(GuestStory story, MemorySegment memory) {
    Arm64Guests.write(story, memory);
  }

  @Override
  protected void enter(Vcpu vcpu) {
    vcpu.write(Register.Arm64.PC, RAM);
  }

  @Test
  void aProcessHasOneMachine() {
    assertThatThrownBy(() -> hypervisor.create(shape(1)))
        .isInstanceOf(Failure.class)
        .hasMessage("hv_vm_create: this process has a machine already (HV_BUSY)");
  }

  @Test
  void aProcessHasOneLibrary() {
    assertThatThrownBy(HvfHypervisor::ofThisHost)
        .isInstanceOf(Failure.class)
        .hasMessageContaining("is bound to");
  }

  @Test
  void theTraitsAreTheFrameworks() {
    assertThat(hypervisor.traits().name()).isEqualTo("Hypervisor.framework");
    assertThat(hypervisor.traits().granuleBytes()).isEqualTo(16384);
    assertThat(hypervisor.traits().addressBits()).isBetween(36, 40);
  }

  private static final int OSLAR_EL1 = 0x8084;
  private static final int OSLSR_EL1 = 0x808c;
  private static final int ESR_EL1 = 0xc290;
  private static final int ELR_EL1 = 0xc201;

  /** In the space that implementations define; nobody defines this one. */
  private static final int NO_REGISTER = 0xc780;

  private static void powerOff(Arm64Code code) {
    code.set(0, Arm64Guests.PSCI_SYSTEM_OFF & 0xffff_ffffL).hvc(0);
  }

  private static Consumer<MemorySegment> program(Consumer<Arm64Code> body) {
    return memory -> body.accept(new Arm64Code(memory, 0).set(9, DEVICE));
  }

  @Test
  void numberThirtyOneIsZeroInAnAccess() {
    RecordingBus bus =
        new RecordingBus() {
          @Override
          public long read(long guestAddress, int sizeBytes) {
            return -1;
          }
        };
    VcpuThread vcpu =
        begin(
            program(code -> {
              code.load(8, Arm64Code.XZR, 9, 0).store(8, Arm64Code.XZR, 9, 0);
              powerOff(code);
            }));
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).containsExactly(new RecordingBus.Store(DEVICE, 8, 0));
  }

  @Test
  void firmwareAnswersSmcToo() {
    VcpuThread vcpu =
        begin(
            program(code -> {
              code.set(0, 0x8400_0000L).smc().store(8, 0, 9, 0); // PSCI_VERSION
              code.hvc(1).store(8, 0, 9, 0); // no call of the standard
              powerOff(code);
            }));
    RecordingBus bus = new RecordingBus();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).extracting(RecordingBus.Store::value).containsExactly(0x1_0001L, -1L);
  }

  @Test
  void theOsLockIsOpenAndWritesToItAreIgnored() {
    VcpuThread vcpu =
        begin(
            program(code -> {
              code.set(1, 1).writeSystem(OSLAR_EL1, 1);
              code.readSystem(1, OSLSR_EL1).store(8, 1, 9, 0);
              powerOff(code);
            }));
    RecordingBus bus = new RecordingBus();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).extracting(RecordingBus.Store::value).containsExactly(0L);
  }

  @Test
  void registersThatDoNotExistAreTheGuestsOwnFault() {
    long[] at = new long[1];
    VcpuThread vcpu =
        begin(memory -> {
          Arm64Code code = new Arm64Code(memory, 0).set(9, DEVICE);
          code.set(1, RAM + Arm64Guests.VECTORS).writeSystem(Arm64Guests.VBAR_EL1, 1);
          at[0] = RAM + code.offset();
          code.readSystem(1, NO_REGISTER);
          Arm64Code handler = new Arm64Code(memory, Arm64Guests.SYNCHRONOUS);
          handler.readSystem(1, ESR_EL1).store(8, 1, 9, 0);
          handler.readSystem(1, ELR_EL1).store(8, 1, 9, 0);
          powerOff(handler);
        });
    RecordingBus bus = new RecordingBus();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores())
        .extracting(RecordingBus.Store::value)
        .containsExactly(0x200_0000L, at[0]);
  }

  @Test
  void aPairOfRegistersCannotBeLoadedFromADevice() {
    VcpuThread vcpu = begin(program(code -> code.raw(0xa940_0522))); // ldp x2, x1, [x9]
    assertThat(vcpu.run(new RecordingBus()))
        .isInstanceOfSatisfying(
            Halt.Crashed.class,
            crash ->
                assertThat(crash.reason())
                    .startsWith("vCPU 0 accessed 0xa000000 by an instruction of several parts"));
  }
}
