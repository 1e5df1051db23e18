package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.bus.MmioBus;
import dev.beagle.runtime.hypervisor.Access;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Hypervisor;
import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.hypervisor.MachineShape;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.hypervisor.VirtualMachine;
import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.posix.HostMemory;
import dev.beagle.time.Time;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.List;

/**
 * One arm64 Linux machine: made by {@link #create}, which loads everything, then {@link #start},
 * {@link #await}, {@link #close}. It runs on threads of its own, one a vCPU. {@link #stop} may come
 * from any thread; the other methods belong to the thread that made it.
 */
public final class Machine implements AutoCloseable {
  /** The host's random bytes for the guest: its generator's seed, and where its kernel goes. */
  private static final int SEED_BYTES = 40;

  private final MachineSpec spec;
  private final VirtualMachine hardware;
  private final MmioBus bus;
  private final BootImage boot;
  private final Closer owned;
  private final VcpuCrew crew;
  private boolean started;

  private Machine(
      MachineSpec spec, VirtualMachine hardware, MmioBus bus, BootImage boot, Closer owned) {
    this.spec = spec;
    this.hardware = hardware;
    this.bus = bus;
    this.boot = boot;
    this.owned = owned;
    crew = new VcpuCrew(spec.name());
  }

  /**
   * Makes a machine and loads what it boots.
   *
   * @param console of the guest, early and always there
   * @param time which the guest's clock tells
   * @throws Failure INVALID_ARGUMENT for files that cannot be booted or a shape that this host does
   *     not run; what {@link Hypervisor#create} and {@link HostMemory#reserve} throw
   */
  public static Machine create(
      Hypervisor hypervisor, MachineSpec spec, ConsoleOutput console, Time time) {
    try (Closer undo = new Closer()) {
      HostMemory host = undo.register(HostMemory.reserve(spec.memoryBytes()));
      GuestMemory memory =
          new GuestMemory(List.of(new GuestMemory.Region(Layout.RAM, host.segment())));
      BootImage boot = BootImage.load(spec, memory);
      byte[] seed = new byte[SEED_BYTES];
      new SecureRandom().nextBytes(seed);
      byte[] tree = MachineTree.write(spec, boot, seed);
      memory.slice(boot.deviceTree(), tree.length).copyFrom(MemorySegment.ofArray(tree));
      VirtualMachine hardware =
          undo.register(hypervisor.create(new MachineShape(spec.vcpus(), Layout.GIC)));
      hardware.map(Layout.RAM, host.segment(), Access.ALL);
      MmioBus.Builder bus = new MmioBus.Builder();
      addOwnDevices(bus, hardware, console, time);
      for (int slot = 0; slot < spec.devices().size(); slot++) {
        InterruptLine line = hardware.interruptLine(Layout.slotLine(slot));
        DeviceSlot.Device device = undo.register(spec.devices().get(slot).plug(memory, line));
        bus.add(Layout.slot(slot), Layout.REGISTERS_BYTES, device);
      }
      return new Machine(spec, hardware, bus.build(), boot, undo.handOver());
    }
  }

  private static void addOwnDevices(
      MmioBus.Builder bus, VirtualMachine hardware, ConsoleOutput console, Time time) {
    Pl011 uart = new Pl011(console, hardware.interruptLine(Layout.CONSOLE_LINE));
    bus.add(Layout.CONSOLE, Layout.REGISTERS_BYTES, uart);
    bus.add(Layout.CLOCK, Layout.REGISTERS_BYTES, new Pl031(time));
  }

  /**
   * Begins to run the guest.
   *
   * @throws Failure what binding a vCPU throws; the machine then does not run
   */
  public void start() {
    if (started) {
      throw Failure.wrongState("machine %s was started already".formatted(spec.name()));
    }
    started = true;
    for (int index = 0; index < spec.vcpus(); index++) {
      int number = index;
      crew.add(() -> prepared(hardware.bindVcpu(number), number), bus);
    }
    crew.go();
  }

  /** Registers as arm64's boot protocol asks; the other vCPUs wait until the guest enters them. */
  private Vcpu prepared(Vcpu vcpu, int index) {
    if (index == 0) {
      vcpu.write(Register.Arm64.PC, boot.entry());
      vcpu.write(Register.Arm64.X0, boot.deviceTree());
      vcpu.write(Register.Arm64.X1, 0);
      vcpu.write(Register.Arm64.X2, 0);
      vcpu.write(Register.Arm64.X3, 0);
    }
    return vcpu;
  }

  /**
   * Waits until the machine has ended and all its vCPUs are gone.
   *
   * @return Cancelled after {@link #stop}; else what the guest did, a violation as a crash
   * @throws Failure INTERNAL for a defect of a device or of the hypervisor
   */
  public Halt await() throws InterruptedException {
    return crew.await();
  }

  /** Any thread: ends the machine as a pulled plug does, unless it has ended by itself. */
  public void stop() {
    crew.end(new Halt.Cancelled());
  }

  /** Ends the machine if it runs, and gives everything back. */
  @Override
  public void close() {
    stop();
    crew.join();
    owned.close();
  }
}
