package dev.beagle.runtime.hypervisor;

/** Why a vCPU stopped. But for Cancelled, it concerns the whole machine. */
public sealed interface Halt {
  /** The guest turned the machine off. */
  record PowerOff() implements Halt {}

  /** The guest asks for a restart. */
  record Reset() implements Halt {}

  /** Somebody called {@link Vcpu#cancel}. */
  record Cancelled() implements Halt {}

  /**
   * The guest did what nothing can answer.
   *
   * @param reason where and what, for the pod's status
   */
  record Crashed(String reason) implements Halt {}
}
