package dev.beagle.node.cli;

import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Why a process was not started, in the words of the command line instead of the CRI's. */
final class StartFailures {
  private static final String KIND_FIELD = "runtime_handler: ";

  /** What crun says, then runc. */
  private static final Pattern MISSING_PROGRAM =
      Pattern.compile(
          "executable file `([^`]+)` not found"
              + "|exec: \"([^\"]+)\": (?:executable file not found|stat [^:]+: no such file)");

  private StartFailures() {}

  /** The program that the image lacks, if that is what the OCI runtime complains about. */
  static Optional<String> missingProgram(Failure failure) {
    Matcher said = MISSING_PROGRAM.matcher(failure.reason());
    if (!said.find()) {
      return Optional.empty();
    }
    return Optional.of(said.group(1) == null ? said.group(2) : said.group(1));
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
