package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import java.util.List;
import java.util.function.Consumer;

/** Commands on several names: what cannot be done for one is reported, the others go on. */
final class EachName {
  private EachName() {}

  /** Returns the exit status of the first that failed. */
  static int act(CliContext context, List<String> names, Consumer<String> action) {
    int status = ExitCodes.OK;
    for (String name : names) {
      try {
        action.accept(name);
      } catch (Failure failure) {
        context.console().note(failure.reason());
        status = status == ExitCodes.OK ? ExitCodes.of(failure.kind()) : status;
      }
    }
    return status;
  }
}
