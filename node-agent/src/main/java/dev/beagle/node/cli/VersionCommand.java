package dev.beagle.node.cli;

import dev.beagle.node.config.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code beagle version}. */
@Command(
    name = "version",
    description = "Show the version of beagle and of what it runs on.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
  private final CliContext context;

  VersionCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.console().line("beagle " + Version.CURRENT);
    context.console().line("JDK " + Runtime.version());
    context
        .console()
        .line(context.host().platform().system() + " " + context.host().platform().architecture());
    return ExitCodes.OK;
  }
}
