package dev.beagle.node.cli;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.SinglePod;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beagle stop}. */
@Command(
    name = "stop",
    description = "Stop pods: their containers are asked to end, then killed.",
    mixinStandardHelpOptions = true)
final class StopCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-t", "--time"},
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time to end by themselves (default: ${DEFAULT-VALUE}).")
  int graceSeconds = 10;

  @Parameters(
      paramLabel = "POD",
      arity = "1..*",
      description = "Name or the beginning of an id; a container's stands for its pod.")
  List<String> references = List.of();

  StopCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (graceSeconds < 0) {
      throw Failure.invalidArgument("-t " + graceSeconds + ": the time is 0 seconds or more");
    }
    try (CriClient client = node.connect(context)) {
      Directory directory = Directory.of(client);
      return EachName.act(
          context,
          references,
          reference -> {
            PodSandbox pod = directory.requirePod(reference);
            stop(client, directory, pod, graceSeconds);
            context.console().line(pod.getMetadata().getName());
          });
    }
  }

  static void stop(CriClient client, Directory directory, PodSandbox pod, int graceSeconds) {
    List<Callable<Boolean>> stops =
        directory.containersOf(pod).stream()
            .filter(container -> container.getState() == ContainerState.CONTAINER_RUNNING)
            .map(Container::getId)
            .map(id ->
                (Callable<Boolean>)
                    () -> {
                      SinglePod.stopContainer(client, id, graceSeconds);
                      return true;
                    })
            .toList();
    Tasks.all(stops);
    client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.stopPodSandbox(
                StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build()));
  }
}
