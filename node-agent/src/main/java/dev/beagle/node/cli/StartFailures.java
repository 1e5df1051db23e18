package dev.beagle.node.cli;

import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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

  /**
   * The kind that a pod will be of, before anything is pulled for it; empty where an older daemon
   * does not tell.
   *
   * @param kind as {@code --sandbox} named it; empty where it did not
   * @throws Failure INVALID_ARGUMENT when there is no such kind, UNSUPPORTED when it cannot run
   *     here
   */
  static String requireKind(CriClient client, String kind) {
    StatusResponse status =
        client.runtime(
            CallLimits.QUERY,
            stub -> stub.status(StatusRequest.newBuilder().setVerbose(true).build()));
    List<String> usable =
        status.getRuntimeHandlersList().stream()
            .map(RuntimeHandler::getName)
            .filter(name -> !name.isEmpty())
            .toList();
    JsonNode kinds = kinds(status.getInfoOrDefault("sandboxKinds", "{}"));
    if (kind.isEmpty()) {
      return kinds.propertyStream().map(Map.Entry::getKey).findFirst().orElse("");
    }
    if (usable.contains(kind)) {
      return kind;
    }
    String problem = kinds.path(kind).asString("");
    String usableHere = usable.isEmpty() ? "" : "; what runs here: " + String.join(", ", usable);
    throw problem.isEmpty()
        ? Failure.invalidArgument("--sandbox " + kind + ": no such kind" + usableHere)
        : Failure.unsupported(
            "--sandbox %s: cannot run here: %s%s".formatted(kind, problem, usableHere));
  }

  /** Names with their problems, the default first. */
  private static JsonNode kinds(String json) {
    try {
      return JsonMapper.shared().readTree(json);
    } catch (JacksonException malformed) {
      throw Failure.corrupted("the daemon's status cannot be read", malformed);
    }
  }
}
