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
}
