package dev.beagle.node.cli;

import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.SinglePod;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beagle rm}. */
@Command(
    name = "rm",
    description = "Remove pods with their containers.",
    mixinStandardHelpOptions = true)
final class RemoveCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-f", "--force"},
      description = "Also pods that run: kills their containers.")
  boolean force;

  @Parameters(
      paramLabel = "POD",
      arity = "1..*",
      description = "Name or the beginning of an id; a container's stands for its pod.")
  List<String> references = List.of();

  RemoveCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (CriClient client = node.connect(context)) {
      Directory directory = Directory.of(client);
      return EachName.act(
          context,
          references,
          reference -> remove(client, directory, directory.requirePod(reference)));
    }
  }

  private void remove(CriClient client, Directory directory, PodSandbox pod) {
    if (!force) {
      requireStopped(directory, pod);
    }
    SinglePod.remove(client, pod.getId());
    PodLogs.remove(node.folder(context), pod.getMetadata().getUid());
    context.console().line(pod.getMetadata().getName());
  }

  private static void requireStopped(Directory directory, PodSandbox pod) {
    if (directory.containersOf(pod).stream()
        .anyMatch(container -> container.getState() == ContainerState.CONTAINER_RUNNING)) {
      String name = pod.getMetadata().getName();
      throw Failure.wrongState(
          "pod %s runs; stop it first (beagle stop %s) or remove it with -f".formatted(name, name));
    }
  }
}
