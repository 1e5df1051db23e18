package dev.beagle.runtime.hypervisor;

import static dev.beagle.runtime.hypervisor.HypervisorContract.COUNTER;
import static dev.beagle.runtime.hypervisor.HypervisorContract.DEVICE;
import static dev.beagle.runtime.hypervisor.HypervisorContract.NOWHERE;
import static dev.beagle.runtime.hypervisor.HypervisorContract.RAM;
import static dev.beagle.runtime.hypervisor.HypervisorContract.WINDOW;

import java.lang.foreign.MemorySegment;

/** The stories in arm64, with PSCI by HVC, a GICv3 and the architected timer. */
public final class Arm64Guests {
  public static final InterruptController.GicV3 GIC =
      new InterruptController.GicV3(0x0800_0000L, 0x080a_0000L);

  public static final int VBAR_EL1 = 0xc600;
  public static final int PSCI_SYSTEM_OFF = 0x8400_0008;
  private static final int PSCI_SYSTEM_RESET = 0x8400_0009;
  private static final int PSCI_CPU_OFF = 0x8400_0002;
  private static final long PSCI_CPU_ON = 0xc400_0003L;
  private static final long PSCI_AFFINITY_INFO = 0xc400_0004L;

  private static final int CNTV_TVAL_EL0 = 0xdf18;
  private static final int CNTV_CTL_EL0 = 0xdf19;
  private static final int CNTFRQ_EL0 = 0xdf00;
  private static final int ICC_PMR_EL1 = 0xc230;
  private static final int ICC_IAR1_EL1 = 0xc660;
  private static final int ICC_EOIR1_EL1 = 0xc661;
  private static final int ICC_IGRPEN1_EL1 = 0xc667;

  /** Exception vectors, and in them the entry for interrupts of the kernel's own level. */
  public static final long VECTORS = 0x800;

  public static final long SYNCHRONOUS = VECTORS + 0x200;
  private static final long INTERRUPT = VECTORS + 0x280;
  private static final long SECOND_ENTRY = 0x400;

  private Arm64Guests() {}

  /** Writes the program; vCPU 0 enters at the beginning of the memory. */
  public static void write(GuestStory story, MemorySegment memory) {
    Arm64Code code = new Arm64Code(memory, 0).set(9, DEVICE);
    switch (story) {
      case STORES -> stores(code);
      case LOADS -> loads(code);
      case RESET -> call(code, PSCI_SYSTEM_RESET);
      case COUNT -> count(code);
      case WATCH_WINDOW -> watchWindow(code);
      case WRITE_WINDOW -> writeWindow(code);
      case SECOND_CPU -> secondCpu(code, memory);
      case INTERRUPTED -> interrupted(code, memory);
      case TIMER -> timer(code, memory);
      case LOST -> code.set(1, NOWHERE).jump(1);
    }
  }

  private static Arm64Code call(Arm64Code code, long function) {
    return code.set(0, function & 0xffff_ffffL).hvc(0);
  }

  private static void stores(Arm64Code code) {
    code.set(1, 0x11).store(1, 1, 9, 0);
    code.set(1, 0x2222).store(2, 1, 9, 8);
    code.set(1, 0x3333_3333L).store(4, 1, 9, 16);
    code.set(1, 0x4444_4444_4444_4444L).store(8, 1, 9, 24);
    call(code, PSCI_SYSTEM_OFF);
  }

  private static void loads(Arm64Code code) {
    for (int log = 0; log < 4; log++) {
      code.load(1 << log, 1, 9, 8 * log).store(8, 1, 9, 0x100);
    }
    call(code, PSCI_SYSTEM_OFF);
  }

  private static void count(Arm64Code code) {
    code.set(2, COUNTER);
    long loop = code.offset();
    code.load(8, 1, 2, 0).add(1, 1, 1).store(8, 1, 2, 0).branch(loop);
  }

  private static void watchWindow(Arm64Code code) {
    code.set(2, WINDOW);
    long loop = code.offset();
    code.load(8, 1, 2, 0).store(8, 1, 9, 0).branch(loop);
  }

  private static void writeWindow(Arm64Code code) {
    code.set(2, WINDOW).set(1, 0x55).store(8, 1, 2, 0).load(8, 1, 2, 0).store(8, 1, 9, 0);
    call(code, PSCI_SYSTEM_OFF);
  }

  private static void secondCpu(Arm64Code code, MemorySegment memory) {
    code.set(1, 1).set(2, RAM + SECOND_ENTRY).set(3, 0x77);
    call(code, PSCI_CPU_ON);
    long poll = code.offset();
    code.set(1, 1).set(2, 0);
    call(code, PSCI_AFFINITY_INFO).compare(0, 1).branchIf(Arm64Code.NOT_EQUAL, poll);
    call(code, PSCI_SYSTEM_OFF);
    Arm64Code second = new Arm64Code(memory, SECOND_ENTRY).set(9, DEVICE).store(8, 0, 9, 0);
    call(second, PSCI_CPU_OFF);
  }

  /** Vectors, group 1 on, the mask of priorities open; {@code intid} enabled. */
  private static void openInterrupts(Arm64Code code, int intid) {
    code.set(1, RAM + VECTORS).writeSystem(VBAR_EL1, 1);
    long frame = intid < 32 ? GIC.redistributors() + 0x1_0000 : GIC.distributor();
    int register = 4 * (intid / 32);
    code.set(2, GIC.distributor()).set(1, 2).store(4, 1, 2, 0); // GICD_CTLR: group 1
    code.set(2, frame).set(1, 1L << intid % 32);
    code.store(4, 1, 2, 0x80 + register); // IGROUPR
    code.store(4, 1, 2, 0x100 + register); // ISENABLER
    code.set(1, 0xf0).writeSystem(ICC_PMR_EL1, 1);
    code.set(1, 1).writeSystem(ICC_IGRPEN1_EL1, 1).synchronizeContext();
  }

  private static void sleep(Arm64Code code) {
    code.openInterrupts();
    long loop = code.offset();
    code.waitForInterrupt().branch(loop);
  }

  private static void interrupted(Arm64Code code, MemorySegment memory) {
    openInterrupts(code, InterruptController.GicV3.FIRST_SHARED_INTID + HypervisorContract.LINE);
    sleep(code);
    Arm64Code handler = new Arm64Code(memory, INTERRUPT);
    handler.readSystem(4, ICC_IAR1_EL1).set(1, 1).store(8, 1, 9, 0);
    handler.writeSystem(ICC_EOIR1_EL1, 4).exceptionReturn();
  }

  private static void timer(Arm64Code code, MemorySegment memory) {
    openInterrupts(code, 27); // the virtual timer's own interrupt
    code.readSystem(1, CNTFRQ_EL0);
    code.raw(0xd34afc21); // lsr x1, x1, #10: about a millisecond
    code.writeSystem(CNTV_TVAL_EL0, 1).set(1, 1).writeSystem(CNTV_CTL_EL0, 1);
    sleep(code);
    Arm64Code handler = new Arm64Code(memory, INTERRUPT);
    handler.readSystem(4, ICC_IAR1_EL1).set(1, 2).store(8, 1, 9, 0);
    call(handler, PSCI_SYSTEM_OFF);
  }
}
