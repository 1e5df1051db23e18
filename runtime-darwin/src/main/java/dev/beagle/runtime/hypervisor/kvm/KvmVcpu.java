package dev.beagle.runtime.hypervisor.kvm;

import com.sun.jna.LastErrorException;
import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.hypervisor.DeviceBus;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU and its run loop. Belongs to the thread that made it, but for {@link #cancel}. The kernel
 * completes an access when the vCPU is entered again; until it was answered it is not, so a bus
 * that throws leaves an access that can be made again.
 */
final class KvmVcpu implements Vcpu {
  private static final long RFLAGS_AT_ENTRY = 2;
  private static final long CR0_AT_ENTRY = 0x8000_0011L; // PG, ET, PE
  private static final long CR4_AT_ENTRY = 0x20; // PAE
  private static final long EFER_AT_ENTRY = 0x500; // LME, LMA
  private static final short CODE_SELECTOR = 8;
  private static final short DATA_SELECTOR = 16;
  private static final byte CODE = 11;
  private static final byte DATA = 3;

  private final KvmMachine machine;
  private final int index;
  private final int descriptor;
  private final MemorySegment shared;
  private final Kick kick;
  private final Closer owned;
  private final Thread owner = Thread.currentThread();
  private final AtomicBoolean cancelled = new AtomicBoolean();

  /** The last exit has not been answered. */
  private boolean unanswered;

  /** Guarded by {@link #cancelled}: a thread that is gone must not be signalled. */
  private boolean closed;

  private KvmVcpu(
      KvmMachine machine,
      int index,
      int descriptor,
      MemorySegment shared,
      Kick kick,
      Closer owned) {
    this.machine = machine;
    this.index = index;
    this.descriptor = descriptor;
    this.shared = shared;
    this.kick = kick;
    this.owned = owned;
  }

  /**
   * @param descriptor becomes this vCPU's when nothing is thrown
   */
  @SuppressWarnings("restricted") // mapped, of that size
  static KvmVcpu create(KvmMachine machine, int index, int descriptor, int runBytes) {
    try (Closer undo = new Closer()) {
      long run = KvmAbi.mmap(0, runBytes, KvmAbi.PROT_READ_WRITE, KvmAbi.MAP_SHARED, descriptor, 0);
      undo.onClose(() -> KvmAbi.munmap(run, runBytes));
      MemorySegment shared = MemorySegment.ofAddress(run).reinterpret(runBytes);
      Kick kick = undo.register(new Kick(descriptor));
      Closer owned = new Closer();
      owned.onClose(() -> Kvm.close(descriptor));
      owned.onClose(() -> KvmAbi.munmap(run, runBytes));
      owned.register(kick);
      KvmVcpu vcpu = new KvmVcpu(machine, index, descriptor, shared, kick, owned);
      if (index == 0) {
        vcpu.enterLongMode();
      }
      undo.release();
      return vcpu;
    } catch (LastErrorException error) {
      throw Failure.internal("the exits of a vCPU: mmap: " + error.getMessage(), error);
    }
  }

  /** The others begin where the guest's start-up interrupts say, as on a PC. */
  private void enterLongMode() {
    special(registers -> {
      segment(registers.asSlice(KvmAbi.SREGS_CS), CODE_SELECTOR, CODE);
      for (long data :
          new long[] {
            KvmAbi.SREGS_DS, KvmAbi.SREGS_ES, KvmAbi.SREGS_FS, KvmAbi.SREGS_GS, KvmAbi.SREGS_SS
          }) {
        segment(registers.asSlice(data), DATA_SELECTOR, DATA);
      }
      registers.set(ValueLayout.JAVA_LONG, KvmAbi.SREGS_CR0, CR0_AT_ENTRY);
      registers.set(ValueLayout.JAVA_LONG, KvmAbi.SREGS_CR4, CR4_AT_ENTRY);
      registers.set(ValueLayout.JAVA_LONG, KvmAbi.SREGS_EFER, EFER_AT_ENTRY);
    });
    general(registers -> registers.set(ValueLayout.JAVA_LONG, KvmAbi.REGS_RFLAGS, RFLAGS_AT_ENTRY));
  }

  private static void segment(MemorySegment target, short selector, byte type) {
    boolean code = type == CODE;
    target.set(ValueLayout.JAVA_INT, KvmAbi.SEGMENT_LIMIT, -1);
    target.set(ValueLayout.JAVA_SHORT, KvmAbi.SEGMENT_SELECTOR, selector);
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_TYPE, type);
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_PRESENT, (byte) 1);
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_DB, (byte) (code ? 0 : 1));
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_S, (byte) 1);
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_L, (byte) (code ? 1 : 0));
    target.set(ValueLayout.JAVA_BYTE, KvmAbi.SEGMENT_G, (byte) 1);
  }

  private interface Change {
    void apply(MemorySegment registers);
  }

  private void special(Change change) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate(KvmAbi.SREGS_BYTES, Long.BYTES);
      Kvm.ioctl(descriptor, KvmAbi.KVM_GET_SREGS, all.address(), "KVM_GET_SREGS");
      change.apply(all);
      Kvm.ioctl(descriptor, KvmAbi.KVM_SET_SREGS, all.address(), "KVM_SET_SREGS");
    }
  }

  private void general(Change change) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate(KvmAbi.REGS_BYTES, Long.BYTES);
      Kvm.ioctl(descriptor, KvmAbi.KVM_GET_REGS, all.address(), "KVM_GET_REGS");
      change.apply(all);
      Kvm.ioctl(descriptor, KvmAbi.KVM_SET_REGS, all.address(), "KVM_SET_REGS");
    }
  }

  @Override
  public void write(Register register, long value) {
    requireOwner();
    Register.X86 own =
        switch (register) {
          case Register.X86 x86 -> x86;
          case Register.Arm64 other ->
              throw Failure.invalidArgument("register %s: this is an x86-64 vCPU".formatted(other));
        };
    switch (own) {
      case RIP -> general(all -> all.set(ValueLayout.JAVA_LONG, KvmAbi.REGS_RIP, value));
      case RSP -> general(all -> all.set(ValueLayout.JAVA_LONG, KvmAbi.REGS_RSP, value));
      case RSI -> general(all -> all.set(ValueLayout.JAVA_LONG, KvmAbi.REGS_RSI, value));
      case CR3 -> special(all -> all.set(ValueLayout.JAVA_LONG, KvmAbi.SREGS_CR3, value));
    }
  }

  @Override
  public Halt run(DeviceBus bus) {
    requireOwner();
    while (!cancelled.compareAndSet(true, false)) {
      if (!unanswered && !enter()) {
        continue; // interrupted: the loop looks at the flag
      }
      unanswered = true;
      Halt halt = answer(bus);
      unanswered = false;
      if (halt != null) {
        return halt;
      }
    }
    return new Halt.Cancelled();
  }

  /** Returns whether there is an exit to answer. */
  private boolean enter() {
    try {
      KvmAbi.ioctl(descriptor, KvmAbi.KVM_RUN, 0);
      return true;
    } catch (LastErrorException error) {
      return switch (error.getErrorCode()) {
        case KvmAbi.EINTR -> {
          kick.drain();
          yield false;
        }
        case KvmAbi.EAGAIN -> false; // it was started up by another
        default -> throw Failure.internal("KVM_RUN: " + error.getMessage(), error);
      };
    }
  }

  private @Nullable Halt answer(DeviceBus bus) {
    int reason = shared.get(ValueLayout.JAVA_INT, KvmAbi.RUN_EXIT_REASON);
    return switch (reason) {
      case KvmAbi.KVM_EXIT_MMIO -> access(bus);
      case KvmAbi.KVM_EXIT_IO -> port();
      case KvmAbi.KVM_EXIT_SHUTDOWN -> new Halt.Reset(); // three faults in one
      case KvmAbi.KVM_EXIT_INTERNAL_ERROR ->
          crashed(
              "came to an instruction that KVM cannot carry out (%d)"
                  .formatted(shared.get(ValueLayout.JAVA_INT, KvmAbi.RUN_INTERNAL_SUBERROR)));
      case KvmAbi.KVM_EXIT_FAIL_ENTRY ->
          crashed(
              "has a state that the CPU refuses (0x%x)"
                  .formatted(shared.get(ValueLayout.JAVA_LONG, KvmAbi.RUN_FAIL_ENTRY_REASON)));
      default -> crashed("stopped for the unknown reason " + reason);
    };
  }

  private @Nullable Halt access(DeviceBus bus) {
    long address = shared.get(ValueLayout.JAVA_LONG, KvmAbi.RUN_MMIO_ADDRESS);
    int length = shared.get(ValueLayout.JAVA_INT, KvmAbi.RUN_MMIO_LENGTH);
    if (length < 1 || length > Long.BYTES || Integer.bitCount(length) != 1) {
      return crashed("accessed %d bytes at 0x%x in one".formatted(length, address));
    }
    if (shared.get(ValueLayout.JAVA_BYTE, KvmAbi.RUN_MMIO_IS_WRITE) != 0) {
      long value = shared.get(ValueLayout.JAVA_LONG, KvmAbi.RUN_MMIO_DATA);
      bus.write(address, length, value & (-1L >>> (Long.SIZE - Byte.SIZE * length)));
    } else {
      shared.set(ValueLayout.JAVA_LONG, KvmAbi.RUN_MMIO_DATA, bus.read(address, length));
    }
    return null;
  }

  private @Nullable Halt port() {
    int size = shared.get(ValueLayout.JAVA_BYTE, KvmAbi.RUN_IO_SIZE);
    long data = shared.get(ValueLayout.JAVA_LONG, KvmAbi.RUN_IO_DATA_OFFSET);
    int port = shared.get(ValueLayout.JAVA_SHORT, KvmAbi.RUN_IO_PORT) & 0xffff;
    long bytes = (long) size * shared.get(ValueLayout.JAVA_INT, KvmAbi.RUN_IO_COUNT);
    MemorySegment values = shared.asSlice(data, bytes);
    if (shared.get(ValueLayout.JAVA_BYTE, KvmAbi.RUN_IO_DIRECTION) != KvmAbi.KVM_EXIT_IO_OUT) {
      values.fill((byte) -1);
      return null;
    }
    int value = 0;
    for (int at = Math.min(size, Integer.BYTES) - 1; at >= 0; at--) {
      value = value << Byte.SIZE | (values.get(ValueLayout.JAVA_BYTE, at) & 0xff);
    }
    return PowerPorts.write(port, value);
  }

  private Halt crashed(String what) {
    long[] place = new long[1];
    general(all -> place[0] = all.get(ValueLayout.JAVA_LONG, KvmAbi.REGS_RIP));
    return new Halt.Crashed("vCPU %d %s (at 0x%x)".formatted(index, what, place[0]));
  }

  @Override
  public void cancel() {
    synchronized (cancelled) {
      if (!closed) {
        cancelled.set(true);
        kick.send();
      }
    }
  }

  @Override
  public void close() {
    requireOwner();
    synchronized (cancelled) {
      if (closed) {
        return;
      }
      closed = true;
    }
    owned.close();
    machine.released();
  }

  private void requireOwner() {
    if (!Thread.currentThread().equals(owner)) {
      throw Failure.wrongState(
          "vCPU %d belongs to the thread %s, not to %s"
              .formatted(index, owner.getName(), Thread.currentThread().getName()));
    }
  }
}
