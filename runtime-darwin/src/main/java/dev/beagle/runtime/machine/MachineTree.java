package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.devicetree.DeviceTree;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import java.util.Arrays;

/**
 * The device tree of a machine (bindings: Documentation/devicetree/bindings in Linux). Interrupts
 * are three cells: type, number, flags; shared ones count from INTID 32, private ones from 16.
 */
final class MachineTree {
  private static final int GIC_PHANDLE = 1;
  private static final int CLOCK_PHANDLE = 2;
  private static final int CLOCK_HERTZ = 24_000_000;
  private static final int SHARED = 0;
  private static final int PRIVATE = 1;
  private static final int LEVEL_HIGH = 4;

  /** Private numbers of the timers: secure, not secure, virtual, hypervisor. */
  private static final int[] TIMERS = {13, 14, 11, 10};

  private static final int CLUSTER = 16;

  private MachineTree() {}

  /**
   * @param seed random bytes for the guest, the last 8 of which place its kernel
   * @throws Failure INVALID_ARGUMENT when it became larger than a kernel takes
   */
  static byte[] write(MachineSpec spec, BootImage boot, byte[] seed) {
    byte[] tree =
        DeviceTree.write(root -> {
          root.cells("#address-cells", 2).cells("#size-cells", 2);
          root.strings("compatible", "linux,dummy-virt").strings("model", "beagle");
          root.cells("interrupt-parent", GIC_PHANDLE);
          chosen(root, spec, boot, seed);
          root.node(
              "memory@%x".formatted(Layout.RAM),
              node ->
                  node.strings("device_type", "memory")
                      .wide("reg", Layout.RAM, spec.memoryBytes()));
          cpus(root, spec.vcpus());
          root.node(
              "psci",
              node ->
                  node.strings("compatible", "arm,psci-1.0", "arm,psci-0.2")
                      .strings("method", "hvc"));
          timer(root);
          interruptController(root, spec.vcpus());
          devices(root, spec.devices().size());
        });
    if (tree.length > Layout.BLOCK) {
      throw Failure.invalidArgument("a device tree of %d bytes".formatted(tree.length));
    }
    return tree;
  }

  private static void chosen(DeviceTree root, MachineSpec spec, BootImage boot, byte[] seed) {
    root.node(
        "chosen",
        node -> {
          node.strings("bootargs", spec.commandLine());
          node.strings("stdout-path", "/pl011@%x".formatted(Layout.CONSOLE));
          node.wide("linux,initrd-start", boot.initramfs());
          node.wide("linux,initrd-end", boot.initramfsEnd());
          int place = seed.length - Long.BYTES;
          node.property("rng-seed", Arrays.copyOf(seed, place));
          node.property("kaslr-seed", Arrays.copyOfRange(seed, place, seed.length));
        });
  }

  private static void cpus(DeviceTree root, int count) {
    root.node(
        "cpus",
        cpus -> {
          cpus.cells("#address-cells", 1).cells("#size-cells", 0);
          for (int index = 0; index < count; index++) {
            int affinity = (index % CLUSTER) | ((index / CLUSTER) << 8);
            cpus.node(
                "cpu@%x".formatted(affinity),
                cpu ->
                    cpu.strings("device_type", "cpu")
                        .strings("compatible", "arm,armv8")
                        .strings("enable-method", "psci")
                        .cells("reg", affinity));
          }
        });
  }

  private static void timer(DeviceTree root) {
    int[] cells = new int[3 * TIMERS.length];
    for (int index = 0; index < TIMERS.length; index++) {
      cells[3 * index] = PRIVATE;
      cells[3 * index + 1] = TIMERS[index];
      cells[3 * index + 2] = LEVEL_HIGH;
    }
    root.node(
        "timer",
        node ->
            node.strings("compatible", "arm,armv8-timer")
                .flag("always-on")
                .cells("interrupts", cells));
  }

  private static void interruptController(DeviceTree root, int vcpus) {
    root.node(
        "intc@%x".formatted(Layout.GIC.distributor()),
        node ->
            node.strings("compatible", "arm,gic-v3")
                .flag("interrupt-controller")
                .cells("#address-cells", 0) // of interrupts that a map would lead here
                .cells("#interrupt-cells", 3)
                .wide(
                    "reg",
                    Layout.GIC.distributor(),
                    GicV3.DISTRIBUTOR_BYTES,
                    Layout.GIC.redistributors(),
                    vcpus * GicV3.REDISTRIBUTOR_BYTES)
                .cells("phandle", GIC_PHANDLE));
  }

  private static void devices(DeviceTree root, int slots) {
    root.node(
        "clock",
        node ->
            node.strings("compatible", "fixed-clock")
                .cells("#clock-cells", 0)
                .cells("clock-frequency", CLOCK_HERTZ)
                .cells("phandle", CLOCK_PHANDLE));
    root.node(
        "pl011@%x".formatted(Layout.CONSOLE),
        node ->
            registers(node, Layout.CONSOLE, "arm,pl011", "arm,primecell")
                .cells("interrupts", SHARED, Layout.CONSOLE_LINE, LEVEL_HIGH)
                .cells("clocks", CLOCK_PHANDLE, CLOCK_PHANDLE)
                .strings("clock-names", "uartclk", "apb_pclk"));
    root.node(
        "pl031@%x".formatted(Layout.CLOCK),
        node ->
            registers(node, Layout.CLOCK, "arm,pl031", "arm,primecell")
                .cells("clocks", CLOCK_PHANDLE)
                .strings("clock-names", "apb_pclk"));
    for (int slot = 0; slot < slots; slot++) {
      long start = Layout.slot(slot);
      int line = Layout.slotLine(slot);
      root.node(
          "virtio_mmio@%x".formatted(start),
          node ->
              registers(node, start, "virtio,mmio")
                  .cells("interrupts", SHARED, line, LEVEL_HIGH)
                  .flag("dma-coherent"));
    }
  }

  private static DeviceTree registers(DeviceTree node, long start, String... compatible) {
    return node.strings("compatible", compatible).wide("reg", start, Layout.REGISTERS_BYTES);
  }
}
