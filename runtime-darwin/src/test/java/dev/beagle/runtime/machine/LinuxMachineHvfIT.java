package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.hvf.HvfHypervisor;
import dev.beagle.runtime.testing.HvSim;
import dev.beagle.time.Time;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's arm64 kernel, booted by {@link Machine} on hv-sim. Prints what the boots took. */
@Tag("hvf")
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LinuxMachineHvfIT {
  private static final Time TIME = Time.system();
  private static final String COMMAND_LINE =
      "earlycon=pl011,mmio32,0x%x console=ttyAMA0 panic=-1".formatted(Layout.CONSOLE);

  private static HvSim sim;
  private static HvfHypervisor hypervisor;

  @BeforeAll
  static void load() {
    sim = HvSim.require("library", "linux");
    hypervisor = HvfHypervisor.of(sim.library());
  }

  private static Halt boot(int vcpus, BootLog console, String commandLine) throws Exception {
    MachineSpec spec =
        new MachineSpec(
            "linux-" + vcpus,
            vcpus,
            512L << 20,
            sim.kernel(),
            sim.initramfs(),
            commandLine,
            List.of());
    try (Machine machine = Machine.create(hypervisor, spec, console, TIME)) {
      machine.start();
      return machine.await();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void bootsToInitAndOff(int vcpus) throws Exception {
    BootLog console = new BootLog(TIME);
    Halt halt = boot(vcpus, console, COMMAND_LINE);
    String whole = String.join("\n", console.lines());
    assertThat(halt).as(whole).isEqualTo(new Halt.PowerOff());
    assertThat(console.lines())
        .contains("INIT cpus " + vcpus, "RESULT PASS")
        .anyMatch(line -> line.contains("psci: PSCIv1.1 detected in firmware."))
        .anyMatch(line -> line.contains("Machine model: beagle"))
        .noneMatch(line -> line.contains("OF: fdt: "))
        .noneMatch(line -> line.contains("WARNING:"));
    System.out.printf(
        "boot, %d vCPUs: %s; by hv-sim's own monitor in C, a process, %d ms%n",
        vcpus, console.breakdown(), millisOfTheMonitorInC(vcpus));
  }

  /** The same kernel and initramfs, to compare with in the same run. */
  private static long millisOfTheMonitorInC(int vcpus) throws Exception {
    long begin = TIME.nanos();
    Process process =
        new ProcessBuilder(
                sim.built("vmm").toString(),
                "-c",
                Integer.toString(vcpus),
                sim.kernel().toString(),
                sim.initramfs().toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor()).isZero();
      return (TIME.nanos() - begin) / 1_000_000;
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2})
  void aKernelThatFindsNoInitPanicsAndAsksForARestart(int vcpus) throws Exception {
    BootLog console = new BootLog(TIME);
    Halt halt = boot(vcpus, console, COMMAND_LINE + " rdinit=/nothing root=none");
    assertThat(halt).as(String.join("\n", console.lines())).isEqualTo(new Halt.Reset());
    assertThat(console.lines()).anyMatch(line -> line.contains("Kernel panic"));
  }
}
