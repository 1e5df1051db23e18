package dev.beagle.runtime.hypervisor;

/** A level: the guest is interrupted as long as it is up. Any thread. */
public interface InterruptLine {
  void raise();

  void lower();
}
