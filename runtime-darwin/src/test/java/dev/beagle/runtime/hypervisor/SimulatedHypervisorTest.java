package dev.beagle.runtime.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The contract on the hypervisor in Java, and that it refuses what it does not simulate. */
final class SimulatedHypervisorTest extends HypervisorContract {
  private final SimulatedHypervisor hypervisor = new SimulatedHypervisor();

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

  private String crash(Consumer<Arm64Code> program) {
    Halt halt = begin(memory -> program.accept(new Arm64Code(memory, 0))).run(new RecordingBus());
    assertThat(halt).isInstanceOf(Halt.Crashed.class);
    return ((Halt.Crashed) halt).reason();
  }

  @Test
  void anInstructionThatIsNotSimulatedIsNamed() {
    assertThat(crash(code -> code.set(1, 1).raw(0x9b01_7c21))) // mul
        .isEqualTo(
            "vCPU 0 came to the instruction 0x9b017c21, which is not simulated (at 0x40000004)");
  }

  @Test
  void aRegisterThatIsNotSimulatedIsNamed() {
    assertThat(crash(code -> code.readSystem(1, 0xc005))) // MPIDR_EL1
        .startsWith("vCPU 0 read the system register 0xc005");
  }

  @Test
  void loadsFromTheInterruptControllerAreNamed() {
    assertThat(crash(code -> code.set(2, Arm64Guests.GIC.distributor()).load(4, 1, 2, 0)))
        .startsWith("vCPU 0 loaded from the GIC at 0x8000000");
  }
}
