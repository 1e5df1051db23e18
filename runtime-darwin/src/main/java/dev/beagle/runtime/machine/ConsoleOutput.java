package dev.beagle.runtime.machine;

/** Takes what a guest writes to its serial console, a byte at a time, from any vCPU's thread. */
@FunctionalInterface
public interface ConsoleOutput {
  /** Returns soon: the vCPU stands while this runs. */
  void accept(byte character);
}
