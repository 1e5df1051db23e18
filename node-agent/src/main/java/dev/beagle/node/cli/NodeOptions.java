package dev.beagle.node.cli;

import dev.beagle.node.client.CriClient;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which daemon a command talks to. */
final class NodeOptions {
  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "The daemon's run folder; the variable BEAGLE_RUN names it too.")
  @Nullable Path run;

  Path folder(CliContext context) {
    if (run != null) {
      return context.host().workingFolder().resolve(run).normalize();
    }
    String named = context.host().environment().getOrDefault("BEAGLE_RUN", "");
    return named.isEmpty()
        ? context.host().defaultRun()
        : context.host().workingFolder().resolve(named).normalize();
  }

  CriClient connect(CliContext context) {
    return CriClient.connectCommandLine(folder(context).resolve("cri.sock"));
  }
}
