package dev.beagle.node.streaming;

import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.stdio.ExitStatus;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How a remote command ended, in the words of the error stream (a Kubernetes Status). */
sealed interface CommandStatus {
  /** Ended with 0, or the end of an attachment. */
  record Success() implements CommandStatus {}

  /** Ended with another code, 1 to 255. */
  record NonZeroExit(int code) implements CommandStatus {}

  /**
   * Did not start, or its end is not known.
   *
   * @param program set where the program was the reason
   */
  record InternalFailure(String reason, Optional<FailureDetail> program) implements CommandStatus {
    private static final int MAX_CHARACTERS = 8192;

    InternalFailure(String reason) {
      this(reason, Optional.empty());
    }

    public InternalFailure {
      if (reason.length() > MAX_CHARACTERS) {
        reason = reason.substring(0, MAX_CHARACTERS);
      }
    }
  }

  static CommandStatus of(ExitStatus exit) {
    return exit.code() == 0 ? new Success() : new NonZeroExit(exit.code());
  }

  /** Whether there is something to tell a client of version 3 or older. */
  default boolean failed() {
    return !(this instanceof Success);
  }

  /** For version 3 and older; empty for success. */
  default String text() {
    return switch (this) {
      case Success() -> "";
      case NonZeroExit(int code) -> "command terminated with non-zero exit code: exit code " + code;
      case InternalFailure(String reason, _) -> "Internal error occurred: " + reason;
    };
  }

  /** For version 4 and 5; member names and order as the Go types have them. */
  default String json() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.putObject("metadata");
    status.put("status", failed() ? "Failure" : "Success");
    switch (this) {
      case Success() -> {}
      case NonZeroExit(int code) -> {
        status.put("message", text()).put("reason", "NonZeroExitCode");
        status
            .putObject("details")
            .putArray("causes")
            .addObject()
            .put("reason", "ExitCode")
            .put("message", Integer.toString(code));
      }
      case InternalFailure(String reason, Optional<FailureDetail> program) -> {
        status.put("message", text()).put("reason", "InternalError");
        ArrayNode causes = status.putObject("details").putArray("causes");
        causes.addObject().put("message", reason);
        program.ifPresent(detail -> put(causes, detail));
        status.put("code", 500);
      }
    }
    return JsonMapper.shared().writeValueAsString(status);
  }

  /** Words of our own: other clients read the first cause only. */
  private static void put(ArrayNode causes, FailureDetail detail) {
    switch (detail) {
      case FailureDetail.ProgramMissing(String program) ->
          causes.addObject().put("reason", "ProgramMissing").put("message", program);
      case FailureDetail.ProgramNotExecutable() ->
          causes.addObject().put("reason", "ProgramNotExecutable");
      case FailureDetail.HeldBy _ -> {
        // Not of a program, and not for everybody.
      }
    }
  }

  default byte[] bytes(RemoteCommandProtocol protocol) {
    return (protocol.structuredStatus() ? json() : text()).getBytes(StandardCharsets.UTF_8);
  }
}
