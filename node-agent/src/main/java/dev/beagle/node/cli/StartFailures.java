package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import java.util.Optional;

/** Why a process was not started, in the words of the command line instead of the CRI's. */
final class StartFailures {
  private static final String KIND_FIELD = "runtime_handler: ";

  private StartFailures() {}

  /** The program that the image lacks, if that is the reason. */
  static Optional<String> missingProgram(Failure failure) {
    return failure.detail().orElse(null) instanceof FailureDetail.ProgramMissing(String program)
        ? Optional.of(program)
        : Optional.empty();
  }

  /** Whether there is such a file and it is no program. */
  static boolean notExecutable(Failure failure) {
    return failure.detail().orElse(null) instanceof FailureDetail.ProgramNotExecutable;
  }

  /** Docker's codes. */
  static int code(Failure failure) {
    return switch (failure.detail().orElse(null)) {
      case FailureDetail.ProgramMissing _ -> ExitCodes.COMMAND_NOT_FOUND;
      case FailureDetail.ProgramNotExecutable() -> ExitCodes.CANNOT_INVOKE;
      case FailureDetail.HeldBy _ -> ExitCodes.CONTAINER_FAILED;
      case null -> ExitCodes.CONTAINER_FAILED;
    };
  }

  /**
   * What to say when no sandbox could be made.
   *
   * @param kind as {@code --sandbox} named it; empty where it did not
   */
  static String ofKind(String kind, Failure failure) {
    String reason = failure.reason();
    return kind.isEmpty() || !reason.startsWith(KIND_FIELD)
        ? reason
        : "--sandbox " + kind + ": " + reason.substring(KIND_FIELD.length());
  }
}
