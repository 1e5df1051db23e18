package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine's device tree in the eyes of the reference compiler, which checks what it reads. */
final class DeviceTreeCompilerIT {
  @TempDir private Path folder;

  @Test
  void theCompilerReadsItBackWithoutAWarning() throws Exception {
    assumeThat(Arrays.stream(System.getenv("PATH").split(":", -1)).map(Path::of))
        .as("dtc is on the PATH (Debian: apt install device-tree-compiler)")
        .anyMatch(place -> Files.isExecutable(place.resolve("dtc")));
    BootImage boot = new BootImage(0x4000_0000L, 0x4280_0000L, 0x4280_0123L, 0x42a0_0000L);
    Path blob = folder.resolve("machine.dtb");
    Files.write(
        blob, MachineTree.write(MachineTreeTest.spec(4, 3, "quiet -- x"), boot, new byte[40]));
    Path complaints = folder.resolve("complaints");
    Process dtc =
        new ProcessBuilder("dtc", "-I", "dtb", "-O", "dts", blob.toString())
            .redirectError(complaints.toFile())
            .start();
    String source = new String(dtc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(dtc.waitFor()).isZero();
    assertThat(Files.readString(complaints)).isEmpty();
    assertThat(source)
        .contains("bootargs = \"quiet -- x\";")
        .contains("compatible = \"arm,pl011\\0arm,primecell\";")
        .contains("cpu@3 {")
        .contains("virtio_mmio@c002000 {");
  }
}
