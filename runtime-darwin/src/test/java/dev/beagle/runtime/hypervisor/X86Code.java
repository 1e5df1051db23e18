package dev.beagle.runtime.hypervisor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes x86-64 instructions into guest memory, as few kinds as the guests of the tests need.
 * Registers are 0 to 3, 6 and 7: rax, rcx, rdx, rbx, rsi, rdi.
 */
final class X86Code {
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;

  private final MemorySegment memory;
  private long offset;

  X86Code(MemorySegment memory, long offset) {
    this.memory = memory;
    this.offset = offset;
  }

  long offset() {
    return offset;
  }

  X86Code bytes(int... values) {
    for (int each : values) {
      memory.set(ValueLayout.JAVA_BYTE, offset++, (byte) each);
    }
    return this;
  }

  X86Code number(int sizeBytes, long value) {
    for (int at = 0; at < sizeBytes; at++) {
      bytes((int) (value >>> (8 * at)) & 0xff);
    }
    return this;
  }

  private X86Code operands(int register, int base, int displacement) {
    return bytes(0x80 | register << 3 | base).number(4, displacement);
  }

  /** register = value. */
  X86Code set(int register, long value) {
    return bytes(0x48, 0xb8 | register).number(8, value);
  }

  /** Stores the lower bytes of a register at [base + displacement]. */
  X86Code store(int sizeBytes, int register, int base, int displacement) {
    switch (sizeBytes) {
      case 1 -> bytes(0x88);
      case 2 -> bytes(0x66, 0x89);
      case 4 -> bytes(0x89);
      default -> bytes(0x48, 0x89);
    }
    return operands(register, base, displacement);
  }

  /** Loads with zero-extension. */
  X86Code load(int sizeBytes, int register, int base, int displacement) {
    switch (sizeBytes) {
      case 1 -> bytes(0x0f, 0xb6);
      case 2 -> bytes(0x0f, 0xb7);
      case 4 -> bytes(0x8b);
      default -> bytes(0x48, 0x8b);
    }
    return operands(register, base, displacement);
  }

  /** Stores 4 bytes at an address below 4 GiB; changes rax and rdx. */
  X86Code poke(long address, int value) {
    return set(RDX, address).set(RAX, value & 0xffff_ffffL).store(4, RAX, RDX, 0);
  }

  X86Code jump(long target) {
    long from = offset + 5;
    return bytes(0xe9).number(4, target - from);
  }

  /** Goes back to {@code target}, near, as long as 8 bytes at [base] are not {@code value}. */
  X86Code loopUntil(int base, int value, long target) {
    bytes(0x48, 0x83, 0x38 | base, value); // cmp
    long from = offset + 2;
    return bytes(0x75, (int) (target - from) & 0xff); // jne
  }

  /** Writes 2 bytes to a port; changes rax and rdx. */
  X86Code out16(int port, int value) {
    return set(RDX, port).set(RAX, value).bytes(0x66, 0xef);
  }

  X86Code out8(int port, int value) {
    return set(RDX, port).set(RAX, value).bytes(0xee);
  }
}
