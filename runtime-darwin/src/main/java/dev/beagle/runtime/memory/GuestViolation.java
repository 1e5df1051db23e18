package dev.beagle.runtime.memory;

/**
 * A guest broke a rule: it costs the guest the device that it did so with, or its machine. Never a
 * defect of ours, and never a caller's error.
 */
public final class GuestViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param what the rule and the values, for the machine's log; in the guest's terms
   */
  public GuestViolation(String what) {
    // A guest can do this as often as it likes: no stack is kept.
    super(what, null, false, false);
  }
}
