package dev.beagle.node.cli;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.ContainerLog;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beagle logs}. */
@Command(
    name = "logs",
    description = "Show what a container wrote.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the container ends.")
  boolean follow;

  @Option(names = "--tail", paramLabel = "N", description = "Only the last N lines of the past.")
  @Nullable Integer tail;

  @Option(
      names = {"-t", "--timestamps"},
      description = "Show each line's time.")
  boolean timestamps;

  @Parameters(paramLabel = "CONTAINER", description = "Name, POD/NAME, or the beginning of an id.")
  String reference = "";

  LogsCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (tail != null && tail < 0) {
      throw Failure.invalidArgument("--tail " + tail + ": the number of lines is 0 or more");
    }
    try (CriClient client = node.connect(context)) {
      Container container = Directory.of(client).requireContainer(reference);
      ContainerStatus status = LogFollower.status(client, container.getId());
      if (status.getLogPath().isEmpty()) {
        throw Failure.of(
            FailureKind.NOT_FOUND,
            "container " + reference + " keeps no log: it was made without a log path");
      }
      ContainerLog log =
          new ContainerLog(
              Path.of(status.getLogPath()),
              context.console().out(),
              context.console().err(),
              timestamps);
      if (tail != null) {
        log.skipToLast(tail);
      }
      if (follow) {
        var ended = new LogFollower(client, context.time()).follow(container.getId(), log);
        if (ended.isEmpty()) {
          context.console().note("container " + reference + " was removed");
        }
      } else {
        log.copy();
      }
    }
    return ExitCodes.OK;
  }
}
