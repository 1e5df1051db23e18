package dev.beagle.runtime.hypervisor;

/** A register that is set before a vCPU first runs; each architecture has its own. */
public sealed interface Register {
  /** What the boot protocol of arm64 Linux sets, and what the guests of the tests take. */
  enum Arm64 implements Register {
    X0,
    X1,
    X2,
    X3,
    PC
  }

  /**
   * What 64-bit boot protocols set: a vCPU 0 of x86-64 begins in long mode with flat segments, its
   * interrupts closed, on the page tables of CR3.
   */
  enum X86 implements Register {
    RIP,
    RSP,
    RSI,
    CR3
  }
}
