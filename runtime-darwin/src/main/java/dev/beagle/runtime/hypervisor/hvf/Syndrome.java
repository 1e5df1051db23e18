package dev.beagle.runtime.hypervisor.hvf;

/**
 * ESR_EL2: why a guest instruction trapped (Arm ARM, D24.2.40).
 *
 * @param bits as the exit record has them
 */
record Syndrome(long bits) {
  static final int WFX = 0x01;
  static final int HVC64 = 0x16;
  static final int SMC64 = 0x17;
  static final int SYSTEM_REGISTER = 0x18;
  static final int FLOATING_POINT = 0x07;
  static final int SVE = 0x19;
  static final int SME = 0x1d;
  static final int INSTRUCTION_ABORT = 0x20;
  static final int DATA_ABORT = 0x24;

  /** The register number that stands for zero, whatever hv_reg_t calls 31. */
  static final int ZERO_REGISTER = 31;

  int exceptionClass() {
    return (int) (bits >>> 26) & 0x3f;
  }

  /** Of HVC and SMC. */
  int immediate() {
    return (int) bits & 0xffff;
  }

  /** Of a data abort or a system register access: whether the guest wrote. */
  boolean isWrite() {
    return exceptionClass() == DATA_ABORT ? bit(6) : !bit(0);
  }

  /** Of a data abort: whether size and register are told. */
  boolean isDecoded() {
    return bit(24);
  }

  /** Of a data abort: whether it is cache maintenance, which has nothing to do on a device. */
  boolean isCacheMaintenance() {
    return bit(8);
  }

  /** Of a data abort: whether the guest's page tables lie outside of memory. */
  boolean isTableWalk() {
    return bit(7);
  }

  /** Of a data abort: 1, 2, 4 or 8. */
  int sizeBytes() {
    return 1 << (bits >>> 22 & 3);
  }

  /** The general register that is stored or loaded. */
  int register() {
    return (int) (exceptionClass() == DATA_ABORT ? bits >>> 16 : bits >>> 5) & 31;
  }

  /** What a load leaves in its register. */
  long loaded(long value) {
    int unused = 64 - 8 * sizeBytes();
    long extended = bit(21) ? value << unused >> unused : value << unused >>> unused;
    return bit(15) ? extended : extended & 0xffff_ffffL;
  }

  /** What a store writes. */
  long stored(long registerValue) {
    int unused = 64 - 8 * sizeBytes();
    return registerValue << unused >>> unused;
  }

  /** Of a system register access: the id, as {@link HvfAbi#systemRegister} packs it. */
  int systemRegister() {
    return HvfAbi.systemRegister(
        field(20, 3), field(14, 7), field(10, 15), field(1, 15), field(17, 7));
  }

  private int field(int shift, int mask) {
    return (int) (bits >>> shift) & mask;
  }

  private boolean bit(int number) {
    return (bits >>> number & 1) != 0;
  }

  @Override
  public String toString() {
    return "ESR 0x%x".formatted(bits);
  }
}
