package dev.beagle.runtime.hypervisor.hvf;

/**
 * What a guest sees of system registers: which accesses that trap are answered, and what the
 * identification registers say.
 */
final class SystemRegisters {
  /** GIC with system registers; no EL2, no EL3, no SVE. */
  private static final long PFR0_CLEARED = 0xfL << 8 | 0xfL << 12 | 0xfL << 24 | 0xfL << 32;

  private static final long PFR0_GIC = 1L << 24;

  /** No MTE; no SME, all four bits of it: a guest that sees SME without SVE faults. */
  private static final long PFR1_CLEARED = 0xfL << 8 | 0xfL << 24;

  /** No performance counters. */
  private static final long DFR0_CLEARED = 0xfL << 8;

  private static final long MMFR0_PA_RANGE = 0xf;
  private static final long MMFR2_NESTED = 0xfL << 24;

  private static final int LORC_EL1 = HvfAbi.systemRegister(3, 0, 10, 4, 3);

  private SystemRegisters() {}

  /**
   * Whether a trapped access reads zero or is ignored: identification space that the framework does
   * not list, debug and OS lock registers, performance counters. Linux touches all of them while it
   * boots. Everything else is undefined to the guest.
   */
  static boolean readsZero(int id) {
    int op0 = id >>> 14;
    int op1 = id >>> 11 & 7;
    int crn = id >>> 7 & 15;
    int crm = id >>> 3 & 15;
    boolean identification = op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7;
    boolean debug = op0 == 2 && op1 == 0;
    boolean counters =
        op0 == 3
            && ((op1 == 3 && crn == 9 && crm >= 12)
                || (op1 == 3 && crn == 14 && crm >= 8)
                || (op1 == 0 && crn == 9 && crm == 14));
    return identification || debug || counters || id == LORC_EL1;
  }

  static long pfr0(long value) {
    return (value & ~PFR0_CLEARED) | PFR0_GIC;
  }

  static long pfr1(long value) {
    return value & ~PFR1_CLEARED;
  }

  static long dfr0(long value) {
    return value & ~DFR0_CLEARED;
  }

  /** A guest ignores RAM beyond the range that it reads here. */
  static long mmfr0(long value, int addressBits) {
    long range = addressBits >= 40 ? 2 : addressBits >= 36 ? 1 : 0;
    return (value & ~MMFR0_PA_RANGE) | range;
  }

  static long mmfr2(long value) {
    return value & ~MMFR2_NESTED;
  }

  /** MPIDR_EL1: clusters of 16, so that the GIC needs no range selector. */
  static long mpidr(int index) {
    return 0x8000_0000L | (index & 15) | (long) (index >> 4) << 8;
  }

  /** The index of the vCPU with that affinity, which may be of none: then it is large. */
  static int index(long affinity) {
    boolean known = (affinity & ~0xff0fL) == 0;
    return known ? (int) ((affinity & 15) | (affinity >> 8 & 0xff) << 4) : Integer.MAX_VALUE;
  }
}
