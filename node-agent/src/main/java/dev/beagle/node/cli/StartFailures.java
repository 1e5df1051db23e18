package dev.beagle.node.cli;

import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import java.util.Optional;
import java.util.stream.Collectors;

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
   * @param kind as {@code --kind} named it; empty where it did not
   */
  static String ofKind(CriClient client, String kind, Failure failure) {
    String reason = failure.reason();
    if (kind.isEmpty() || !reason.startsWith(KIND_FIELD)) {
      return reason;
    }
    String detail = reason.substring(KIND_FIELD.length());
    return "--kind " + kind + ": " + (detail.contains("is not one of") ? usable(client) : detail);
  }

  private static String usable(CriClient client) {
    try {
      String kinds =
          client
              .runtime(CallLimits.QUERY, stub -> stub.status(StatusRequest.getDefaultInstance()))
              .getRuntimeHandlersList()
              .stream()
              .map(RuntimeHandler::getName)
              .filter(name -> !name.isEmpty())
              .collect(Collectors.joining(", "));
      return kinds.isEmpty() ? "no such kind" : "no such kind; what runs here: " + kinds;
    } catch (Failure unknown) {
      return "no such kind (beagle doctor lists them)";
    }
  }
}
