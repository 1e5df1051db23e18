package dev.beagle.node.cli;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.Images;
import dev.beagle.node.output.Json;
import dev.beagle.node.output.Table;
import dev.beagle.node.output.Units;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code beagle ps}: a line per container; a pod without containers has one too. */
@Command(
    name = "ps",
    description = "List pods and their containers.",
    mixinStandardHelpOptions = true)
final class PsCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();
  @Mixin final OutputOptions output = new OutputOptions();

  @Option(
      names = {"-a", "--all"},
      description = "Also what does not run.")
  boolean all;

  PsCommand(CliContext context) {
    this.context = context;
  }

  /** A line of the listing; container and image are empty for a pod without containers. */
  record Line(
      String pod,
      String namespace,
      String podId,
      String address,
      String container,
      String containerId,
      String image,
      String state,
      Instant createdAt) {}

  @Override
  public Integer call() {
    List<Line> lines = new ArrayList<>();
    try (CriClient client = node.connect(context)) {
      Directory directory = Directory.of(client);
      Map<String, String> imageNames = new Images(client).names();
      for (PodSandbox pod : directory.pods()) {
        addLines(client, directory, pod, imageNames, lines);
      }
    }
    if (output.json()) {
      Json.print(context.console(), lines);
    } else {
      print(lines);
    }
    return ExitCodes.OK;
  }

  private void addLines(
      CriClient client,
      Directory directory,
      PodSandbox pod,
      Map<String, String> imageNames,
      List<Line> lines) {
    boolean ready = pod.getState() == PodSandboxState.SANDBOX_READY;
    List<Container> containers =
        directory.containersOf(pod).stream()
            .filter(container -> all || container.getState() == ContainerState.CONTAINER_RUNNING)
            .toList();
    boolean shownAlone = containers.isEmpty() && (all || ready);
    if (containers.isEmpty() && !shownAlone) {
      return;
    }
    String address = ready ? address(client, pod.getId()) : "";
    if (shownAlone) {
      lines.add(line(pod, address, "", "", "", ready ? "ready" : "stopped", pod.getCreatedAt()));
    }
    for (Container container : containers) {
      lines.add(
          line(
              pod,
              address,
              container.getMetadata().getName(),
              container.getId(),
              imageName(container, imageNames),
              state(container.getState()),
              container.getCreatedAt()));
    }
  }

  private static Line line(
      PodSandbox pod,
      String address,
      String container,
      String containerId,
      String image,
      String state,
      long createdNanos) {
    return new Line(
        pod.getMetadata().getName(),
        pod.getMetadata().getNamespace(),
        pod.getId(),
        address,
        container,
        containerId,
        image,
        state,
        Instant.ofEpochSecond(0, createdNanos));
  }

  /** Containers are made by image id, which says little to people. */
  private static String imageName(Container container, Map<String, String> imageNames) {
    String asked = container.getImage().getUserSpecifiedImage();
    String image = container.getImage().getImage();
    return asked.isEmpty() ? imageNames.getOrDefault(image, image) : asked;
  }

  private static String state(ContainerState state) {
    return state.name().replace("CONTAINER_", "").toLowerCase(Locale.ROOT);
  }

  private static String address(CriClient client, String podId) {
    try {
      return client.runtime(
          CallLimits.QUERY,
          stub ->
              stub.podSandboxStatus(
                      PodSandboxStatusRequest.newBuilder().setPodSandboxId(podId).build())
                  .getStatus()
                  .getNetwork()
                  .getIp());
    } catch (Failure gone) {
      return ""; // removed since it was listed
    }
  }

  private void print(List<Line> lines) {
    Table table = new Table("POD", "CONTAINER", "ID", "IMAGE", "STATE", "ADDRESS", "AGE");
    for (Line line : lines) {
      String image = line.image().startsWith("sha256:") ? Ids.brief(line.image()) : line.image();
      table.row(
          line.pod(),
          line.container().isEmpty() ? "-" : line.container(),
          Ids.brief(line.containerId().isEmpty() ? line.podId() : line.containerId()),
          image.isEmpty() ? "-" : image,
          line.state(),
          line.address().isEmpty() ? "-" : line.address(),
          Units.age(Duration.between(line.createdAt(), context.time().now())));
    }
    table.print(context.console());
  }
}
