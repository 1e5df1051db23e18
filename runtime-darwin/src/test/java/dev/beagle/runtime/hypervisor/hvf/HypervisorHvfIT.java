package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Arm64Guests;
import dev.beagle.runtime.hypervisor.GuestStory;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.HypervisorContract;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.testing.HvSim;
import java.lang.foreign.MemorySegment;
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
}
