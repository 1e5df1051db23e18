package dev.beagle.runtime.hypervisor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes arm64 instructions into guest memory, as few kinds as the guests of the tests need.
 * Offsets are those of the memory.
 */
public final class Arm64Code {
  /** The register that reads zero. */
  public static final int XZR = 31;

  /** Conditions of {@link #branchIf}. */
  public static final int EQUAL = 0;

  public static final int NOT_EQUAL = 1;

  private static final ValueLayout.OfInt WORD =
      ValueLayout.JAVA_INT.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment memory;
  private long offset;

  public Arm64Code(MemorySegment memory, long offset) {
    this.memory = memory;
    this.offset = offset;
  }

  public long offset() {
    return offset;
  }

  private Arm64Code word(long instruction) {
    memory.set(WORD, offset, (int) instruction);
    offset += 4;
    return this;
  }

  private long instructionsTo(long target) {
    return (target - offset) >> 2;
  }

  /** rd = value. */
  public Arm64Code set(int rd, long value) {
    word(0xd280_0000L | (value & 0xffff) << 5 | rd); // movz
    for (int part = 1; part < 4; part++) {
      long bits = (value >>> (16 * part)) & 0xffff;
      if (bits != 0) {
        word(0xf280_0000L | (long) part << 21 | bits << 5 | rd); // movk
      }
    }
    return this;
  }

  /** Stores the lower bytes of rt at [rn + offset]. */
  public Arm64Code store(int sizeBytes, int rt, int rn, int at) {
    int log = Integer.numberOfTrailingZeros(sizeBytes);
    return word((long) log << 30 | 0x3900_0000L | (long) (at >> log) << 10 | (long) rn << 5 | rt);
  }

  /** Loads with zero-extension from [rn + offset]. */
  public Arm64Code load(int sizeBytes, int rt, int rn, int at) {
    int log = Integer.numberOfTrailingZeros(sizeBytes);
    return word((long) log << 30 | 0x3940_0000L | (long) (at >> log) << 10 | (long) rn << 5 | rt);
  }

  /** rd = rn + value. */
  public Arm64Code add(int rd, int rn, int value) {
    return word(0x9100_0000L | (long) value << 10 | (long) rn << 5 | rd);
  }

  /** Sets the flags of rn - value. */
  public Arm64Code compare(int rn, int value) {
    return word(0xf100_001fL | (long) value << 10 | (long) rn << 5);
  }

  public Arm64Code branch(long target) {
    return word(0x1400_0000L | (instructionsTo(target) & 0x3ff_ffff));
  }

  public Arm64Code branchIf(int condition, long target) {
    return word(0x5400_0000L | (instructionsTo(target) & 0x7_ffff) << 5 | condition);
  }

  /** Goes on at the address in rn. */
  public Arm64Code jump(int rn) {
    return word(0xd61f_0000L | (long) rn << 5);
  }

  public Arm64Code hvc(int immediate) {
    return word(0xd400_0002L | (long) immediate << 5);
  }

  public Arm64Code smc() {
    return word(0xd400_0003L);
  }

  public Arm64Code waitForInterrupt() {
    return word(0xd503_207fL);
  }

  public Arm64Code synchronizeContext() {
    return word(0xd503_3fdfL);
  }

  public Arm64Code openInterrupts() {
    return word(0xd503_42ffL); // msr daifclr, #2
  }

  public Arm64Code exceptionReturn() {
    return word(0xd69f_03e0L);
  }

  /** System register id = rt; ids are packed as op0:op1:CRn:CRm:op2. */
  public Arm64Code writeSystem(int id, int rt) {
    return word(0xd500_0000L | (long) id << 5 | rt);
  }

  public Arm64Code readSystem(int rt, int id) {
    return word(0xd520_0000L | (long) id << 5 | rt);
  }

  /** Any other instruction. */
  public Arm64Code raw(int instruction) {
    return word(instruction);
  }
}
