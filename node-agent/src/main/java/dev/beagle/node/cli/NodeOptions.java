package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.config.Host;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which daemon a command talks to. */
final class NodeOptions {
  private static final Path RUN_OF_ROOT = Path.of("/run/beagle");

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
    Path folder = folder(context);
    if (folder.equals(context.host().defaultRun())) {
      requireNotRoots(context.host(), folder, RUN_OF_ROOT);
    }
    return CriClient.connectCommandLine(folder.resolve("cri.sock"));
  }

  /**
   * Who forgot sudo looks at a folder of their own, where there never was a daemon.
   *
   * @param folder this user's run folder
   * @param roots root's one
   * @throws Failure DENIED when only root's is there
   */
  static void requireNotRoots(Host host, Path folder, Path roots) {
    if (host.linux()
        && !host.root()
        && Files.notExists(folder.resolve("cri.sock"))
        && Files.isDirectory(roots)) {
      throw Failure.denied(
          "no daemon of yours at %s; root's daemon runs at %s: use sudo (or --run DIR)"
              .formatted(folder, roots));
    }
  }
}
