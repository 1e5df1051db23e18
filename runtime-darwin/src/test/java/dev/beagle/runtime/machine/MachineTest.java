package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.bus.MmioBus;
import dev.beagle.runtime.devicetree.ParsedTree;
import dev.beagle.runtime.hypervisor.Arm64Code;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.SimulatedHypervisor;
import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.memory.GuestViolation;
import dev.beagle.testing.ManualTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole machine on the simulated hypervisor, whose kernels are a few instructions. */
final class MachineTest {
  private static final long SLOT = 0x0c00_0000L;
  private static final long CONSOLE = 0x0b00_0000L;

  @TempDir private Path folder;
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  /** A device of one register, whose stores go to {@code onStore}. */
  private static DeviceSlot device(LongConsumer onStore) {
    return device(onStore, () -> {});
  }

  private static DeviceSlot device(LongConsumer onStore, Runnable onClose) {
    return (memory, interrupt) ->
        new DeviceSlot.Device() {
          @Override
          public long read(long offset, int sizeBytes) {
            return 0;
          }

          @Override
          public void write(long offset, int sizeBytes, long value) {
            onStore.accept(value);
          }

          @Override
          public void close() {
            onClose.run();
          }
        };
  }

  private MachineSpec spec(Consumer<Arm64Code> kernel, int vcpus, DeviceSlot... devices)
      throws IOException {
    return new MachineSpec(
        "m",
        vcpus,
        16L << 20,
        TestKernel.write(folder, kernel),
        TestKernel.initramfs(folder),
        "quiet",
        List.of(devices));
  }

  private Machine create(MachineSpec spec) {
    return Machine.create(new SimulatedHypervisor(), spec, console::write, new ManualTime());
  }

  private Halt run(MachineSpec spec) throws InterruptedException {
    try (Machine machine = create(spec)) {
      machine.start();
      return machine.await();
    }
  }

  private static void powerOff(Arm64Code code) {
    code.set(0, TestKernel.PSCI_SYSTEM_OFF).hvc(0);
  }

  /** Stores X0 to the first slot's register, then spins. */
  private static void storeAndSpin(Arm64Code code) {
    code.set(9, SLOT).store(8, 0, 9, 0);
    code.branch(code.offset());
  }

  @Test
  void theConsoleShowsWhatTheKernelPrints() throws Exception {
    Halt halt =
        run(
            spec(
                code -> {
                  code.set(9, CONSOLE);
                  for (char each : "ok\n".toCharArray()) {
                    code.set(1, each).store(4, 1, 9, 0);
                  }
                  powerOff(code);
                },
                4));
    assertThat(halt).isEqualTo(new Halt.PowerOff());
    assertThat(console.toString(StandardCharsets.UTF_8)).isEqualTo("ok\n");
  }

  @Test
  void theKernelIsHandedItsDeviceTreeAndInitramfs() throws Exception {
    BlockingQueue<ParsedTree.Node> trees = new LinkedBlockingQueue<>();
    BlockingQueue<String> initramfs = new LinkedBlockingQueue<>();
    DeviceSlot reader =
        (memory, interrupt) ->
            device(
                    address -> {
                      ParsedTree.Node root = ParsedTree.of(tree(memory, address));
                      trees.add(root);
                      ParsedTree.Node chosen = root.child("chosen");
                      long start = chosen.wide("linux,initrd-start").getFirst();
                      long end = chosen.wide("linux,initrd-end").getFirst();
                      initramfs.add(
                          new String(
                              memory.slice(start, end - start).toArray(ValueLayout.JAVA_BYTE),
                              StandardCharsets.US_ASCII));
                    })
                .plug(memory, interrupt);
    run(
        spec(
            code -> {
              code.set(9, SLOT).store(8, 0, 9, 0);
              powerOff(code);
            },
            2,
            reader));
    assertThat(trees.remove().child("cpus").children()).hasSize(2);
    assertThat(initramfs.remove()).isEqualTo("070701");
  }

  private static byte[] tree(GuestMemory memory, long address) {
    assertThat(address % Layout.BLOCK).isZero();
    int size = Integer.reverseBytes(memory.getInt(address + 4));
    return memory.slice(address, size).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void aRestartIsToldFromPoweringOff() throws Exception {
    assertThat(run(spec(code -> code.set(0, TestKernel.PSCI_SYSTEM_RESET).hvc(0), 1)))
        .isEqualTo(new Halt.Reset());
  }

  @Test
  void aViolationCostsTheGuestItsMachine() throws Exception {
    DeviceSlot strict =
        device(value -> {
          throw new GuestViolation("a register was written that is read-only");
        });
    assertThat(run(spec(MachineTest::storeAndSpin, 2, strict)))
        .isEqualTo(new Halt.Crashed("a register was written that is read-only"));
  }

  @Test
  void aDefectOfADeviceIsOursAndIsSaid() throws Exception {
    DeviceSlot broken =
        device(value -> {
          throw new IllegalStateException("a bug");
        });
    MachineSpec spec = spec(MachineTest::storeAndSpin, 2, broken);
    assertThatThrownBy(() -> run(spec))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.INTERNAL))
        .hasMessageStartingWith(
            "machine m ended by a defect: java.lang.IllegalStateException: a bug at"
                + " dev.beagle.runtime.machine.MachineTest");
  }

  @Test
  void aDefectWhileAVcpuIsBoundIsSaidToo() {
    VcpuCrew crew = new VcpuCrew("m");
    assertThatThrownBy(() ->
            crew.add(
                () -> {
                  throw new UnsatisfiedLinkError("hv_vcpu_create");
                },
                new MmioBus.Builder().build()))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("ended by a defect: java.lang.UnsatisfiedLinkError: hv_vcpu_create");
  }

  @Test
  void aMachineThatSpinsIsStopped() throws Exception {
    BlockingQueue<Long> reached = new LinkedBlockingQueue<>();
    try (Machine machine = create(spec(MachineTest::storeAndSpin, 4, device(reached::add)))) {
      machine.start();
      reached.take();
      machine.stop();
      assertThat(machine.await()).isEqualTo(new Halt.Cancelled());
    }
  }

  @Test
  void devicesAreClosedOnceWhenNoVcpuRunsWithTheMemoryStillThere() throws Exception {
    AtomicReference<GuestMemory> ram = new AtomicReference<>();
    List<Long> events = new ArrayList<>();
    DeviceSlot inner =
        device(events::add, () -> events.add(0L + ram.get().getByte(Layout.RAM + 0x1000)));
    DeviceSlot slot =
        (memory, interrupt) -> {
          ram.set(memory);
          memory.setByte(Layout.RAM + 0x1000, 7);
          return inner.plug(memory, interrupt);
        };
    run(
        spec(
            code -> {
              code.set(9, SLOT).store(8, 0, 9, 0);
              powerOff(code);
            },
            1,
            slot));
    assertThat(events).hasSize(2).last().isEqualTo(7L);
  }

  @Test
  void closingEndsAMachineThatRuns() throws Exception {
    BlockingQueue<Long> reached = new LinkedBlockingQueue<>();
    Machine machine = create(spec(MachineTest::storeAndSpin, 2, device(reached::add)));
    machine.start();
    reached.take();
    machine.close();
    assertThat(machine.await()).isEqualTo(new Halt.Cancelled());
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("vcpu-m-"));
  }

  @Test
  void aMachineThatIsNeverStartedIsClosed() throws Exception {
    create(spec(MachineTest::storeAndSpin, 2, device(value -> {}))).close();
  }

  @Test
  void aLostKernelIsACrashWithTheAddress() throws Exception {
    Halt halt = run(spec(code -> code.set(1, 0x6000_0000L).jump(1), 1));
    assertThat(halt).isInstanceOf(Halt.Crashed.class);
    assertThat(((Halt.Crashed) halt).reason()).contains("0x60000000");
  }

  @Test
  void whatCannotBeBootedIsRefusedByName() throws Exception {
    MachineSpec good = spec(MachineTest::powerOff, 1);
    MachineSpec small = with(good, 4L << 20, good.kernel());
    assertThatThrownBy(() -> create(small))
        .hasMessage(
            "4 MiB of memory are too few for the kernel and its initramfs, which take 8 MiB");
    MachineSpec missing = with(good, 16L << 20, folder.resolve("nothing"));
    assertThatThrownBy(() -> create(missing))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT))
        .hasMessage(folder.resolve("nothing") + " is not there");
    Path text = Files.writeString(folder.resolve("text"), "no kernel");
    MachineSpec wrong = with(good, 16L << 20, text);
    assertThatThrownBy(() -> create(wrong))
        .hasMessageContaining("it does not have the header of an arm64 Image");
    MachineSpec wide =
        new MachineSpec("m", 9, 16L << 20, good.kernel(), good.initramfs(), "", List.of());
    assertThatThrownBy(() -> create(wide)).hasMessageContaining("9 vCPUs");
  }

  private static MachineSpec with(MachineSpec spec, long memoryBytes, Path kernel) {
    return new MachineSpec(spec.name(), 1, memoryBytes, kernel, spec.initramfs(), "", List.of());
  }
}
