package dev.beagle.node.streaming;

import dev.beagle.runtime.stdio.ExitStatus;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How a remote command ended, in the words of the error stream (a Kubernetes Status). */
sealed interface CommandStatus {
  /** Ended with 0, or the end of an attachment. */
  record Success() implements CommandStatus {}

  /** Ended with another code, 1 to 255. */
  record NonZeroExit(int code) implements CommandStatus {}

  /** Did not start, or its end is not known. */
  record InternalFailure(String reason) implements CommandStatus {
    private static final int MAX_CHARACTERS = 8192;

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
      case InternalFailure(String reason) -> "Internal error occurred: " + reason;
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
        cause(status).put("reason", "ExitCode").put("message", Integer.toString(code));
      }
      case InternalFailure(String reason) -> {
        status.put("message", text()).put("reason", "InternalError");
        cause(status).put("message", reason);
        status.put("code", 500);
      }
    }
    return JsonMapper.shared().writeValueAsString(status);
  }

  private static ObjectNode cause(ObjectNode status) {
    return status.putObject("details").putArray("causes").addObject();
  }

  default byte[] bytes(RemoteCommandProtocol protocol) {
    return (protocol.structuredStatus() ? json() : text()).getBytes(StandardCharsets.UTF_8);
  }
}
