package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.hypervisor.hvf.BareMetalHvfIT.Run;
import dev.beagle.runtime.testing.HvSim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Debian's arm64 kernel on hv-sim, booted by a small machine monitor in C: to init and off, and
 * with an init that stresses what a translator gets wrong. With and without the framework's GIC.
 */
@Tag("hvf")
final class LinuxHvfIT {
  private static final String LIMIT_SECONDS = "300";

  @TestFactory
  Stream<DynamicTest> boots() {
    HvSim sim = HvSim.require("library", "linux");
    return Stream.of(1, 2, 4)
        .flatMap(cpus ->
            Stream.of(
                boot(sim, cpus, true),
                boot(sim, cpus, true, "virtio", "stress"),
                boot(sim, cpus, false, "virtio", "stress")));
  }

  private static DynamicTest boot(HvSim sim, int cpus, boolean gic, String... tasks) {
    List<String> command =
        new ArrayList<>(
            List.of(
                sim.built("vmm").toString(), "-c", Integer.toString(cpus), "-t", LIMIT_SECONDS));
    if (!gic) {
      command.add("-u");
    }
    command.add(sim.kernel().toString());
    command.add(sim.initramfs().toString());
    command.addAll(List.of(tasks));
    String name =
        "%d vCPUs, %s, %s"
            .formatted(
                cpus, gic ? "GIC" : "no GIC", tasks.length == 0 ? "boot" : String.join("+", tasks));
    return DynamicTest.dynamicTest(
        name,
        () -> {
          Run run = BareMetalHvfIT.run(command, Map.of());
          assertThat(run.status()).as(run.output()).isZero();
          assertThat(run.output().lines())
              .contains("INIT cpus " + cpus, "RESULT PASS")
              .noneMatch(line -> line.startsWith("FAIL"));
        });
  }
}
