package dev.beagle.node.cli;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.ExecRequest;
import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ExecSyncResponse;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.Images;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beagle exec}: its exit status is the command's. */
@Command(
    name = "exec",
    description = "Run a command in a container that runs.",
    mixinStandardHelpOptions = true)
final class ExecCommand implements Callable<Integer>, Cli.RunsProcess {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-i", "--interactive"},
      description = "Pass standard input on.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal.")
  boolean tty;

  @Parameters(
      index = "0",
      paramLabel = "CONTAINER",
      description = "Name, POD/NAME, or the beginning of an id.")
  String reference = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "What to run.")
  List<String> command = List.of();

  ExecCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (CriClient client = node.connect(context)) {
      Container container = Directory.of(client).requireContainer(reference);
      if (container.getState() != ContainerState.CONTAINER_RUNNING) {
        throw Failure.wrongState(
            "container " + reference + " does not run" + why(client, container));
      }
      try {
        return interactive || tty
            ? stream(client, container.getId())
            : runToEnd(client, container.getId());
      } catch (Failure failure) {
        context.console().note(reason(client, container, failure));
        return StartFailures.code(failure);
      }
    }
  }

  private static String why(CriClient client, Container container) {
    try {
      ContainerStatus status = LogFollower.status(client, container.getId());
      return status.getState() == ContainerState.CONTAINER_EXITED
          ? Failure.printable(
              ": it ended with exit code %d (%s)%s"
                  .formatted(
                      status.getExitCode(),
                      status.getReason(),
                      status.getMessage().isEmpty() ? "" : ": " + status.getMessage()))
          : "";
    } catch (Failure gone) {
      return "; it was removed";
    }
  }

  private String reason(CriClient client, Container container, Failure failure) {
    return StartFailures.missingProgram(failure)
        .map(program ->
            "container %s: its image %s has no program %s"
                .formatted(
                    reference, PsCommand.imageName(container, new Images(client).names()), program))
        .orElse(failure.reason());
  }

  private int runToEnd(CriClient client, String containerId) throws IOException {
    ExecSyncResponse response =
        client.runtime(
            CallLimits.PULL,
            stub ->
                stub.execSync(
                    ExecSyncRequest.newBuilder()
                        .setContainerId(containerId)
                        .addAllCmd(command)
                        .build()));
    response.getStdout().writeTo(context.console().out());
    response.getStderr().writeTo(context.console().err());
    context.console().out().flush();
    context.console().err().flush();
    return response.getExitCode();
  }

  private int stream(CriClient client, String containerId) throws InterruptedException {
    String url =
        client.runtime(
            CallLimits.QUERY,
            stub ->
                stub.exec(
                        ExecRequest.newBuilder()
                            .setContainerId(containerId)
                            .addAllCmd(command)
                            .setTty(tty)
                            .setStdin(interactive)
                            .setStdout(true)
                            .setStderr(!tty)
                            .build())
                    .getUrl());
    return new RemoteCommand(context.console(), context.time(), System.in)
        .run(URI.create(url), tty, interactive);
  }
}
