package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.devicetree.ParsedTree;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MachineTreeTest {
  private static final BootImage BOOT =
      new BootImage(0x4000_0000L, 0x4280_0000L, 0x4280_0123L, 0x42a0_0000L);

  static MachineSpec spec(int vcpus, int devices, String commandLine) {
    return new MachineSpec(
        "m",
        vcpus,
        256L << 20,
        Path.of("Image"),
        Path.of("initramfs"),
        commandLine,
        Collections.nCopies(
            devices,
            (memory, interrupt) -> {
              throw new AssertionError("not plugged");
            }));
  }

  private static ParsedTree.Node tree(MachineSpec spec) {
    byte[] seed = new byte[40];
    seed[0] = 1;
    seed[39] = 2;
    return ParsedTree.of(MachineTree.write(spec, BOOT, seed));
  }

  @Test
  void theKernelFindsItsMemoryAndWhatWasLoaded() {
    ParsedTree.Node root = tree(spec(1, 0, "console=ttyAMA0 -- x"));
    assertThat(root.child("memory@40000000").wide("reg")).containsExactly(0x4000_0000L, 256L << 20);
    ParsedTree.Node chosen = root.child("chosen");
    assertThat(chosen.strings("bootargs")).containsExactly("console=ttyAMA0 -- x");
    assertThat(chosen.wide("linux,initrd-start")).containsExactly(0x4280_0000L);
    assertThat(chosen.wide("linux,initrd-end")).containsExactly(0x4280_0123L);
    assertThat(chosen.wide("kaslr-seed")).containsExactly(2L);
    assertThat(chosen.wide("rng-seed")).containsExactly(1L << 56, 0L, 0L, 0L);
    assertThat(chosen.strings("stdout-path")).containsExactly("/pl011@b000000");
  }

  @Test
  void everyVcpuStandsThereByItsAffinity() {
    ParsedTree.Node cpus = tree(spec(18, 0, "")).child("cpus");
    assertThat(cpus.children()).hasSize(18);
    assertThat(cpus.child("cpu@0").strings("enable-method")).containsExactly("psci");
    assertThat(cpus.child("cpu@f").cells("reg")).containsExactly(15);
    assertThat(cpus.child("cpu@101").cells("reg")).containsExactly(0x101);
  }

  @Test
  void theInterruptControllerHasARedistributorForEachVcpu() {
    ParsedTree.Node root = tree(spec(4, 0, ""));
    ParsedTree.Node gic = root.child("intc@8000000");
    assertThat(gic.wide("reg"))
        .containsExactly(0x0800_0000L, 0x1_0000L, 0x080a_0000L, 4 * 0x2_0000L);
    assertThat(root.cells("interrupt-parent")).isEqualTo(gic.cells("phandle"));
    assertThat(root.child("timer").cells("interrupts"))
        .containsExactly(1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
    assertThat(root.child("psci").strings("method")).containsExactly("hvc");
  }

  @Test
  void devicesAreDescribedWhereTheyStand() {
    ParsedTree.Node root = tree(spec(1, 2, ""));
    assertThat(root.child("virtio_mmio@c000000").cells("interrupts")).containsExactly(0, 16, 4);
    ParsedTree.Node second = root.child("virtio_mmio@c001000");
    assertThat(second.cells("interrupts")).containsExactly(0, 17, 4);
    assertThat(second.wide("reg")).containsExactly(0x0c00_1000L, 0x1000L);
    assertThat(root.child("pl011@b000000").cells("interrupts")).containsExactly(0, 0, 4);
    assertThat(root.child("pl031@b010000").strings("compatible"))
        .containsExactly("arm,pl031", "arm,primecell");
  }

  @Test
  void whatAMachineCannotBeIsRefused() {
    assertThatThrownBy(() -> spec(0, 0, "")).hasMessage("machine m: 0 vCPUs");
    assertThatThrownBy(() -> spec(1, 65, ""))
        .hasMessage("machine m: 65 devices, there are places for 64");
    assertThatThrownBy(() -> spec(1, 0, "x".repeat(2048)))
        .hasMessage("machine m: the kernel takes a command line of at most 2047 bytes");
    assertThatThrownBy(
            () -> new MachineSpec("m", 1, 4096, Path.of("k"), Path.of("i"), "", List.of()))
        .isInstanceOf(Failure.class)
        .hasMessage("machine m: 4096 bytes of memory are no multiple of 2 MiB");
  }
}
