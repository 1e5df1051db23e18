package dev.beagle.node.cli;

import dev.beagle.failure.FailureKind;

/** What a command's exit status says; scripts may rely on it. */
final class ExitCodes {
  public static final int OK = 0;

  /** {@code run} and {@code exec}: we failed, not the process. As Docker. */
  public static final int CONTAINER_FAILED = 125;

  /** {@code run} and {@code exec}: the program is there and cannot be run. */
  public static final int CANNOT_INVOKE = 126;

  /** {@code run} and {@code exec}: there is no such program. */
  public static final int COMMAND_NOT_FOUND = 127;

  private ExitCodes() {}

  /** The exit status of a command that failed so. */
  public static int of(FailureKind kind) {
    return switch (kind) {
      case INTERNAL -> 1;
      case INVALID_ARGUMENT -> 2;
      case NOT_FOUND -> 3;
      case ALREADY_EXISTS, WRONG_STATE -> 4;
      case EXHAUSTED -> 5;
      case DENIED, UNAUTHENTICATED -> 6;
      case UNAVAILABLE, TIMED_OUT -> 7;
      case UNSUPPORTED -> 8;
      case CORRUPTED -> 9;
      case CANCELLED -> 130;
    };
  }
}
