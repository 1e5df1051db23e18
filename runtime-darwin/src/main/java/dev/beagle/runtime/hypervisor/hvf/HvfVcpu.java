package dev.beagle.runtime.hypervisor.hvf;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.DeviceBus;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Register;
import dev.beagle.runtime.hypervisor.Vcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU and its run loop. Belongs to the thread that made it, but for {@link #cancel}.
 *
 * <p>Where the program counter stands when an exit arrives differs: an HVC is behind, everything
 * else is at its instruction. An exit is answered completely before the counter moves, so a bus
 * that throws leaves an access that can be made again.
 *
 * <p>A cancel is a flag, set before the framework's sticky exit request. So it is never lost, and
 * an exit request whose flag was already taken is a CANCELED exit that means nothing.
 */
final class HvfVcpu implements Vcpu {
  /** EL1h, all interrupts masked. */
  private static final long CPSR_AT_ENTRY = 0x3c5;

  /** Reserved-one bits; translation, caches and alignment checks off. */
  private static final long SCTLR_AT_ENTRY = 0x30d0_0800;

  /** Unknown reason, 32-bit instruction: what an undefined instruction reports. */
  private static final long ESR_UNDEFINED = 1L << 25;

  private static final long WAIT_NANOS = 1_000_000;

  private static final int GENERAL_REGISTERS = 31;
  private static final int INSTRUCTION_BYTES = 4;

  private final HvfMachine machine;
  private final int index;
  private final Thread owner;
  private final long id;
  private final MemorySegment exit;

  /** Lives as long as the vCPU: register values and the list for an exit request pass through. */
  private final Arena arena;

  private final MemorySegment cell;
  private final MemorySegment idList;
  private final AtomicBoolean cancelled = new AtomicBoolean();

  /** Guarded by {@link #cancelled}: ids of destroyed vCPUs must not reach the framework. */
  private boolean closed;

  @SuppressWarnings("restricted") // the exit record is where the framework says
  private HvfVcpu(HvfMachine machine, int index, Arena arena) {
    this.machine = machine;
    this.index = index;
    this.arena = arena;
    owner = Thread.currentThread();
    cell = arena.allocate(ValueLayout.JAVA_LONG);
    idList = arena.allocate(ValueLayout.JAVA_LONG);
    MemorySegment exitPointer = arena.allocate(ValueLayout.JAVA_LONG);
    HvfResult.require(
        HvfAbi.hv_vcpu_create(idList.address(), exitPointer.address(), 0), "hv_vcpu_create");
    id = idList.get(ValueLayout.JAVA_LONG, 0);
    exit =
        MemorySegment.ofAddress(exitPointer.get(ValueLayout.JAVA_LONG, 0))
            .reinterpret(HvfAbi.EXIT_BYTES);
  }

  static HvfVcpu create(HvfMachine machine, int index, int addressBits) {
    if (Thread.currentThread().isVirtual()) {
      throw Failure.wrongState("a vCPU is bound to a platform thread, not to a virtual one");
    }
    Arena arena = Arena.ofShared();
    try {
      HvfVcpu vcpu = new HvfVcpu(machine, index, arena);
      try {
        vcpu.identify(addressBits);
      } catch (RuntimeException failure) {
        HvfAbi.hv_vcpu_destroy(vcpu.id);
        throw failure;
      }
      return vcpu;
    } catch (RuntimeException failure) {
      arena.close();
      throw failure;
    }
  }

  /** The redistributor answers once MPIDR is set; the same identification on every vCPU. */
  private void identify(int addressBits) {
    setSystem(HvfAbi.HV_SYS_REG_MPIDR_EL1, SystemRegisters.mpidr(index));
    HvfResult.require(
        HvfAbi.Gic.hv_gic_get_redistributor_base(id, cell.address()),
        "hv_gic_get_redistributor_base");
    int pfr0 = HvfAbi.HV_SYS_REG_ID_AA64PFR0_EL1;
    setSystem(pfr0, SystemRegisters.pfr0(system(pfr0)));
    int pfr1 = HvfAbi.HV_SYS_REG_ID_AA64PFR1_EL1;
    setSystem(pfr1, SystemRegisters.pfr1(system(pfr1)));
    int dfr0 = HvfAbi.HV_SYS_REG_ID_AA64DFR0_EL1;
    setSystem(dfr0, SystemRegisters.dfr0(system(dfr0)));
    int mmfr0 = HvfAbi.HV_SYS_REG_ID_AA64MMFR0_EL1;
    setSystem(mmfr0, SystemRegisters.mmfr0(system(mmfr0), addressBits));
    int mmfr2 = HvfAbi.HV_SYS_REG_ID_AA64MMFR2_EL1;
    setSystem(mmfr2, SystemRegisters.mmfr2(system(mmfr2)));
    // One value for all vCPUs: the guest's counter is the host's.
    HvfResult.require(HvfAbi.hv_vcpu_set_vtimer_offset(id, 0), "hv_vcpu_set_vtimer_offset");
    enter(0, 0);
  }

  /** The state in which an arm64 CPU begins. */
  private void enter(long address, long context) {
    for (int register = 0; register < GENERAL_REGISTERS; register++) {
      setGeneral(register, 0);
    }
    setGeneral(HvfAbi.HV_REG_X0, context);
    setSystem(HvfAbi.HV_SYS_REG_SCTLR_EL1, SCTLR_AT_ENTRY);
    setGeneral(HvfAbi.HV_REG_CPSR, CPSR_AT_ENTRY);
    setGeneral(HvfAbi.HV_REG_PC, address);
  }

  @Override
  public void write(Register register, long value) {
    requireOwner();
    Register.Arm64 own =
        switch (register) {
          case Register.Arm64 arm64 -> arm64;
          case Register.X86 other ->
              throw Failure.invalidArgument("register %s: this is an arm64 vCPU".formatted(other));
        };
    setGeneral(
        switch (own) {
          case X0 -> HvfAbi.HV_REG_X0;
          case X1 -> HvfAbi.HV_REG_X0 + 1;
          case X2 -> HvfAbi.HV_REG_X0 + 2;
          case X3 -> HvfAbi.HV_REG_X0 + 3;
          case PC -> HvfAbi.HV_REG_PC;
        },
        value);
  }

  @Override
  public Halt run(DeviceBus bus) {
    requireOwner();
    while (!cancelled.compareAndSet(true, false)) {
      if (!machine.power().isOn(index) && !turnedOn()) {
        continue; // cancelled meanwhile
      }
      HvfResult.require(HvfAbi.hv_vcpu_run(id), "hv_vcpu_run");
      Halt halt = answer(bus);
      if (halt != null) {
        return halt;
      }
    }
    return new Halt.Cancelled();
  }

  private boolean turnedOn() {
    PowerStates.Entry entry;
    try {
      entry = machine.power().awaitOn(index, cancelled::get);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("vCPU " + index + " was interrupted while it was off");
    }
    if (entry == null) {
      return false;
    }
    enter(entry.address(), entry.context());
    return true;
  }

  /** Returns null when the guest goes on. */
  private @Nullable Halt answer(DeviceBus bus) {
    int reason = exit.get(ValueLayout.JAVA_INT, HvfAbi.EXIT_REASON);
    return switch (reason) {
      case HvfAbi.HV_EXIT_REASON_CANCELED -> null; // the loop looks at the flag
      case HvfAbi.HV_EXIT_REASON_EXCEPTION ->
          exception(new Syndrome(exit.get(ValueLayout.JAVA_LONG, HvfAbi.EXIT_SYNDROME)), bus);
      case HvfAbi.HV_EXIT_REASON_VTIMER_ACTIVATED -> {
        // The framework's GIC delivers the timer; where this comes all the same it masks itself.
        HvfResult.require(HvfAbi.hv_vcpu_set_vtimer_mask(id, 0), "hv_vcpu_set_vtimer_mask");
        yield null;
      }
      default -> crashed("stopped for the unknown reason " + reason);
    };
  }

  private @Nullable Halt exception(Syndrome syndrome, DeviceBus bus) {
    return switch (syndrome.exceptionClass()) {
      case Syndrome.HVC64 -> firmware(syndrome);
      case Syndrome.SMC64 -> {
        skip();
        yield firmware(syndrome);
      }
      case Syndrome.DATA_ABORT -> access(syndrome, bus);
      case Syndrome.SYSTEM_REGISTER -> systemRegister(syndrome);
      case Syndrome.WFX -> {
        // With a GIC the framework waits inside; where a release exits all the same, the guest
        // looks at its interrupts anew after a moment and does not burn a core.
        skip();
        LockSupport.parkNanos(WAIT_NANOS);
        yield null;
      }
      case Syndrome.FLOATING_POINT, Syndrome.SVE, Syndrome.SME -> undefined();
      case Syndrome.INSTRUCTION_ABORT ->
          crashed("fetched an instruction from 0x%x, which is no memory".formatted(faultAddress()));
      default -> crashed("trapped, " + syndrome);
    };
  }

  private @Nullable Halt firmware(Syndrome syndrome) {
    if (syndrome.immediate() != 0) {
      setGeneral(HvfAbi.HV_REG_X0, Psci.NOT_SUPPORTED);
      return null;
    }
    Psci.Answer answer = machine.psci().call(index, general(0), general(1), general(2), general(3));
    return switch (answer) {
      case Psci.Answer.Result(long value) -> {
        setGeneral(HvfAbi.HV_REG_X0, value);
        yield null;
      }
      case Psci.Answer.Off() -> null; // the loop waits
      case Psci.Answer.End(Halt halt) -> halt;
    };
  }

  private @Nullable Halt access(Syndrome syndrome, DeviceBus bus) {
    long address = faultAddress();
    if (syndrome.isCacheMaintenance()) {
      skip();
      return null;
    }
    if (syndrome.isTableWalk() || !syndrome.isDecoded()) {
      return crashed(
          "accessed 0x%x by %s, which cannot be carried out there"
              .formatted(
                  address,
                  syndrome.isTableWalk() ? "its page tables" : "an instruction of several parts"));
    }
    int register = syndrome.register();
    if (syndrome.isWrite()) {
      bus.write(address, syndrome.sizeBytes(), syndrome.stored(operand(register)));
    } else {
      load(register, syndrome.loaded(bus.read(address, syndrome.sizeBytes())));
    }
    skip();
    return null;
  }

  private @Nullable Halt systemRegister(Syndrome syndrome) {
    if (!SystemRegisters.readsZero(syndrome.systemRegister())) {
      return undefined();
    }
    if (!syndrome.isWrite()) {
      load(syndrome.register(), 0);
    }
    skip();
    return null;
  }

  /** The guest's own exception for an instruction that does not exist (Arm ARM, D1.4). */
  private @Nullable Halt undefined() {
    long state = general(HvfAbi.HV_REG_CPSR);
    boolean fromUser = (state & 0xf) == 0;
    boolean ownStack = (state & 1) != 0;
    setSystem(HvfAbi.HV_SYS_REG_SPSR_EL1, state);
    setSystem(HvfAbi.HV_SYS_REG_ELR_EL1, general(HvfAbi.HV_REG_PC));
    setSystem(HvfAbi.HV_SYS_REG_ESR_EL1, ESR_UNDEFINED);
    setGeneral(HvfAbi.HV_REG_CPSR, CPSR_AT_ENTRY);
    setGeneral(
        HvfAbi.HV_REG_PC,
        system(HvfAbi.HV_SYS_REG_VBAR_EL1) + (fromUser ? 0x400 : ownStack ? 0x200 : 0));
    return null;
  }

  private Halt crashed(String what) {
    return new Halt.Crashed(
        "vCPU %d %s (at 0x%x)".formatted(index, what, general(HvfAbi.HV_REG_PC)));
  }

  private long faultAddress() {
    return exit.get(ValueLayout.JAVA_LONG, HvfAbi.EXIT_PHYSICAL_ADDRESS);
  }

  private long operand(int register) {
    return register == Syndrome.ZERO_REGISTER ? 0 : general(register);
  }

  private void load(int register, long value) {
    if (register != Syndrome.ZERO_REGISTER) {
      setGeneral(register, value);
    }
  }

  private void skip() {
    setGeneral(HvfAbi.HV_REG_PC, general(HvfAbi.HV_REG_PC) + INSTRUCTION_BYTES);
  }

  private long general(int register) {
    HvfResult.require(HvfAbi.hv_vcpu_get_reg(id, register, cell.address()), "hv_vcpu_get_reg");
    return cell.get(ValueLayout.JAVA_LONG, 0);
  }

  private void setGeneral(int register, long value) {
    HvfResult.require(HvfAbi.hv_vcpu_set_reg(id, register, value), "hv_vcpu_set_reg");
  }

  private long system(int register) {
    HvfResult.require(
        HvfAbi.hv_vcpu_get_sys_reg(id, register, cell.address()), "hv_vcpu_get_sys_reg");
    return cell.get(ValueLayout.JAVA_LONG, 0);
  }

  private void setSystem(int register, long value) {
    HvfResult.require(HvfAbi.hv_vcpu_set_sys_reg(id, register, value), "hv_vcpu_set_sys_reg");
  }

  @Override
  public void cancel() {
    synchronized (cancelled) {
      if (closed) {
        return;
      }
      cancelled.set(true);
      machine.power().wake();
      LockSupport.unpark(owner);
      HvfResult.require(HvfAbi.hv_vcpus_exit(idList.address(), 1), "hv_vcpus_exit");
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
    HvfResult.require(HvfAbi.hv_vcpu_destroy(id), "hv_vcpu_destroy");
    arena.close();
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
