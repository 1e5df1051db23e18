package dev.beagle.failure;

/** What a caller may act on besides the kind, so that nobody has to read the message for it. */
public sealed interface FailureDetail {
  /**
   * Something is in the way that is another's. The message does not name it: not everybody may know
   * of it.
   *
   * @param id as the part that failed knows it
   */
  record HeldBy(String id) implements FailureDetail {}

  /**
   * There is no such program where it was to be started.
   *
   * @param program as it was asked for
   */
  record ProgramMissing(String program) implements FailureDetail {}

  /** The program is there and the kernel does not run it. */
  record ProgramNotExecutable() implements FailureDetail {}
}
