package dev.beagle.runtime.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.hypervisor.RecordingBus.Store;
import dev.beagle.runtime.posix.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Hypervisor} does, told by bare-metal guests ({@link GuestStory}). */
public abstract class HypervisorContract {
  public static final long RAM = 0x4000_0000L;
  public static final long COUNTER = RAM + 0x8000;
  public static final long DEVICE = 0x0a00_0000L;
  public static final long WINDOW = 0x5000_0000L;
  public static final long NOWHERE = 0x6000_0000L;
  public static final int LINE = 3;

  private static final long RAM_BYTES = 0x1_0000;
  private static final int WINDOW_BYTES = 0x4000;

  private final Closer machines = new Closer();

  /** Memory outlives its mappings. */
  private final Closer memories = new Closer();

  private VirtualMachine machine;
  private MemorySegment ram;

  protected abstract Hypervisor hypervisor();

  protected abstract MachineShape shape(int vcpus);

  /** Writes the program of a story to the machine's memory, which begins at {@link #RAM}. */
  protected abstract void write(GuestStory story, MemorySegment memory);

  /** Where vCPU 0 begins a program; called on its thread. */
  protected abstract void enter(Vcpu vcpu);

  /** What a guest of this architecture needs besides its RAM. */
  protected void furnish(VirtualMachine furnished) {}

  @BeforeEach
  void open() {
    machine = machines.register(hypervisor().create(shape(2)));
    ram = memory(RAM_BYTES);
    machine.map(RAM, ram, Access.ALL);
    furnish(machine);
  }

  @AfterEach
  void close() {
    try (memories) {
      machines.close();
    }
  }

  /** Memory that lives as long as the test. */
  protected final MemorySegment memory(long sizeBytes) {
    return memories.register(HostMemory.reserve(sizeBytes)).segment();
  }

  private VcpuThread bind(int index) {
    return machines.register(new VcpuThread(machine, index));
  }

  private VcpuThread begin(GuestStory story) {
    return begin(memory -> write(story, memory));
  }

  /** vCPU 0 about to run what {@code program} wrote to the machine's memory. */
  protected final VcpuThread begin(Consumer<MemorySegment> program) {
    program.accept(ram);
    VcpuThread first = bind(0);
    first.call(() -> {
      enter(first.vcpu());
      return true;
    });
    return first;
  }

  /** Calls the hook with each store and the vCPU's cancel. */
  private static RecordingBus bus(VcpuThread vcpu, BiConsumer<Store, Runnable> hook) {
    return new RecordingBus() {
      @Override
      public void write(long guestAddress, int sizeBytes, long value) {
        super.write(guestAddress, sizeBytes, value);
        hook.accept(new Store(guestAddress, sizeBytes, value), vcpu.vcpu()::cancel);
      }
    };
  }

  @Test
  void storesOutsideOfMemoryReachTheBus() {
    RecordingBus bus = new RecordingBus();
    assertThat(begin(GuestStory.STORES).run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores())
        .containsExactly(
            new Store(DEVICE, 1, 0x11),
            new Store(DEVICE + 8, 2, 0x2222),
            new Store(DEVICE + 16, 4, 0x3333_3333L),
            new Store(DEVICE + 24, 8, 0x4444_4444_4444_4444L));
  }

  @Test
  void loadsTakeWhatTheBusSays() {
    RecordingBus bus =
        new RecordingBus() {
          @Override
          public long read(long guestAddress, int sizeBytes) {
            assertThat(guestAddress - DEVICE)
                .isEqualTo(8L * Integer.numberOfTrailingZeros(sizeBytes));
            return 0x8877_6655_4433_22ffL; // what does not fit is cut off
          }
        };
    assertThat(begin(GuestStory.LOADS).run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores())
        .extracting(Store::value)
        .containsExactly(0xffL, 0x22ffL, 0x4433_22ffL, 0x8877_6655_4433_22ffL);
  }

  @Test
  void whatTheBusThrowsComesOutAndTheAccessIsMadeAgain() {
    VcpuThread vcpu = begin(GuestStory.STORES);
    DeviceBus broken =
        new RecordingBus() {
          @Override
          public void write(long guestAddress, int sizeBytes, long value) {
            throw new IllegalArgumentException("the device is broken");
          }
        };
    assertThatThrownBy(() -> vcpu.run(broken)).hasMessage("the device is broken");
    RecordingBus mended = new RecordingBus();
    assertThat(vcpu.run(mended)).isEqualTo(new Halt.PowerOff());
    assertThat(mended.stores()).hasSize(4);
  }

  @Test
  void aGuestMayAskForARestart() {
    assertThat(begin(GuestStory.RESET).run(new RecordingBus())).isEqualTo(new Halt.Reset());
  }

  @Test
  void aGuestThatSpinsIsCancelledAndGoesOnWhereItWas() {
    VcpuThread vcpu = begin(GuestStory.COUNT);
    long before = 0;
    for (int round = 0; round < 3; round++) {
      CompletableFuture<Halt> run = vcpu.start(new RecordingBus());
      long seen = before;
      while (seen <= before) {
        seen = ram.get(ValueLayout.JAVA_LONG, COUNTER - RAM);
        Thread.onSpinWait();
      }
      vcpu.vcpu().cancel();
      assertThat(VcpuThread.await(run)).isEqualTo(new Halt.Cancelled());
      before = ram.get(ValueLayout.JAVA_LONG, COUNTER - RAM);
    }
  }

  @Test
  void cancelsBeforeARunCountAsOne() {
    VcpuThread vcpu = begin(GuestStory.STORES);
    vcpu.vcpu().cancel();
    vcpu.vcpu().cancel();
    RecordingBus bus = new RecordingBus();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.Cancelled());
    assertThat(bus.stores()).isEmpty();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
  }

  @Test
  void memoryComesAndGoesWhileTheGuestRuns() {
    VcpuThread vcpu = begin(GuestStory.WATCH_WINDOW);
    MemorySegment window = memory(WINDOW_BYTES);
    window.set(ValueLayout.JAVA_LONG, 0, 7);
    RecordingBus bus =
        new RecordingBus() {
          @Override
          public long read(long guestAddress, int sizeBytes) {
            assertThat(guestAddress).isEqualTo(WINDOW);
            return 9;
          }

          @Override
          public void write(long guestAddress, int sizeBytes, long value) {
            super.write(guestAddress, sizeBytes, value);
            vcpu.vcpu().cancel();
          }
        };
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.Cancelled());
    machine.map(WINDOW, window, Access.READ_WRITE);
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.Cancelled());
    machine.unmap(WINDOW, WINDOW_BYTES);
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.Cancelled());
    assertThat(bus.stores()).extracting(Store::value).containsExactly(9L, 7L, 9L);
  }

  @Test
  void storesToMemoryThatIsReadOnlyReachTheBus() {
    VcpuThread vcpu = begin(GuestStory.WRITE_WINDOW);
    MemorySegment window = memory(WINDOW_BYTES);
    window.set(ValueLayout.JAVA_LONG, 0, 7);
    machine.map(WINDOW, window, Access.READ);
    RecordingBus bus = new RecordingBus();
    assertThat(vcpu.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).containsExactly(new Store(WINDOW, 8, 0x55), new Store(DEVICE, 8, 7));
    assertThat(window.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(7);
  }

  @Test
  void mappingsHaveToBeAlignedAndApart() {
    MemorySegment window = memory(2L * WINDOW_BYTES);
    MemorySegment half = window.asSlice(0, WINDOW_BYTES);
    refuses(FailureKind.INVALID_ARGUMENT, () -> machine.map(WINDOW + 1, half, Access.ALL));
    refuses(
        FailureKind.INVALID_ARGUMENT,
        () -> machine.map(WINDOW, window.asSlice(0, 100), Access.ALL));
    refuses(FailureKind.INVALID_ARGUMENT, () -> machine.map(RAM + WINDOW_BYTES, half, Access.ALL));
    long beyond = 1L << hypervisor().traits().addressBits();
    refuses(FailureKind.INVALID_ARGUMENT, () -> machine.map(beyond, half, Access.ALL));
    machine.map(WINDOW, half, Access.ALL);
    refuses(
        FailureKind.INVALID_ARGUMENT,
        () -> machine.map(WINDOW, window.asSlice(WINDOW_BYTES), Access.ALL));
    refuses(FailureKind.NOT_FOUND, () -> machine.unmap(WINDOW, 2L * WINDOW_BYTES));
    machine.unmap(WINDOW, WINDOW_BYTES);
    refuses(FailureKind.NOT_FOUND, () -> machine.unmap(WINDOW, WINDOW_BYTES));
  }

  @Test
  void theGuestTurnsTheSecondCpuOnAndOff() {
    VcpuThread first = begin(GuestStory.SECOND_CPU);
    VcpuThread second = bind(1);
    RecordingBus bus = new RecordingBus();
    CompletableFuture<Halt> other = second.start(bus);
    assertThat(first.run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).containsExactly(new Store(DEVICE, 8, 0x77));
    // It is off, and waits: only a cancel brings it back.
    second.vcpu().cancel();
    assertThat(VcpuThread.await(other)).isEqualTo(new Halt.Cancelled());
  }

  @Test
  void aRaisedLineWakesAGuestThatSleeps() {
    VcpuThread vcpu = begin(GuestStory.INTERRUPTED);
    InterruptLine line = machine.interruptLine(LINE);
    RecordingBus bus =
        bus(
            vcpu,
            (store, cancel) -> {
              line.lower();
              cancel.run();
            });
    for (int round = 0; round < 3; round++) {
      CompletableFuture<Halt> run = vcpu.start(bus);
      line.raise();
      assertThat(VcpuThread.await(run)).isEqualTo(new Halt.Cancelled());
      assertThat(bus.stores()).hasSize(round + 1).contains(new Store(DEVICE, 8, 1));
    }
  }

  @Test
  void aSleepingGuestIsCancelled() {
    VcpuThread vcpu = begin(GuestStory.INTERRUPTED);
    CompletableFuture<Halt> run = vcpu.start(new RecordingBus());
    vcpu.vcpu().cancel();
    assertThat(VcpuThread.await(run)).isEqualTo(new Halt.Cancelled());
  }

  @Test
  void linesThatAreNotThereAreRefused() {
    refuses(FailureKind.INVALID_ARGUMENT, () -> machine.interruptLine(-1));
    refuses(FailureKind.INVALID_ARGUMENT, () -> machine.interruptLine(100_000));
  }

  @Test
  void theGuestsTimerRings() {
    RecordingBus bus = new RecordingBus();
    assertThat(begin(GuestStory.TIMER).run(bus)).isEqualTo(new Halt.PowerOff());
    assertThat(bus.stores()).containsExactly(new Store(DEVICE, 8, 2));
  }

  @Test
  void aGuestThatIsLostCrashesWithTheAddress() {
    assertThat(begin(GuestStory.LOST).run(new RecordingBus()))
        .isInstanceOfSatisfying(
            Halt.Crashed.class, crash -> assertThat(crash.reason()).contains("0x60000000"));
  }

  @Test
  void aVcpuBelongsToTheThreadThatBoundIt() throws InterruptedException {
    VcpuThread vcpu = begin(GuestStory.STORES);
    refuses(FailureKind.WRONG_STATE, () -> vcpu.vcpu().run(new RecordingBus()));
    refuses(FailureKind.WRONG_STATE, () -> vcpu.vcpu().close());
    refuses(FailureKind.WRONG_STATE, () -> bind(0));
    CountDownLatch done = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(() -> {
          refuses(FailureKind.WRONG_STATE, () -> machine.bindVcpu(1));
          done.countDown();
        });
    done.await();
  }

  @Test
  void aThreadOwnsOneVcpu() {
    VcpuThread vcpu = begin(GuestStory.STORES);
    refuses(FailureKind.WRONG_STATE, () -> vcpu.call(() -> machine.bindVcpu(1)));
    assertThat(bind(1).vcpu()).isNotNull();
  }

  @Test
  void aMachineIsClosedAfterItsVcpus() {
    begin(GuestStory.STORES);
    refuses(FailureKind.WRONG_STATE, machine::close);
  }

  @Test
  void shapesThatTheHostCannotRunAreRefused() {
    int tooMany = hypervisor().traits().maxVcpus() + 1;
    refuses(FailureKind.INVALID_ARGUMENT, () -> hypervisor().create(shape(0)));
    refuses(FailureKind.INVALID_ARGUMENT, () -> hypervisor().create(shape(tooMany)));
  }

  private static void refuses(FailureKind kind, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind));
  }
}
