package dev.beagle.node.cli;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.Images;
import dev.beagle.node.output.Json;
import dev.beagle.node.output.Table;
import dev.beagle.node.output.Units;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      description = "Also stopped pods, and ended containers beside ones that run.")
  boolean all;

  PsCommand(CliContext context) {
    this.context = context;
  }

  /**
   * A line of the listing; container and image are empty for a pod without containers, and the last
   * three for what has not ended.
   *
   * @param kind the pod's sandbox kind
   * @param message why the pod is not ready, or how its container ended; empty where there is
   *     nothing to say
   */
  record Line(
      String pod,
      String namespace,
      String podId,
      String kind,
      String address,
      String container,
      String containerId,
      String image,
      String state,
      Instant createdAt,
      String message,
      @Nullable Integer exitCode,
      @Nullable String reason,
      @Nullable Instant finishedAt) {}

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
    List<Container> containers = shown(directory.containersOf(pod), ready);
    boolean shownAlone = containers.isEmpty() && (all || ready);
    if (containers.isEmpty() && !shownAlone) {
      return;
    }
    PodDetail detail = PodDetail.of(client, pod.getId());
    if (shownAlone) {
      lines.add(line(pod, detail, ready ? "ready" : "stopped"));
    }
    for (Container container : containers) {
      lines.add(line(client, pod, detail, container, imageName(container, imageNames)));
    }
  }

  /**
   * Without {@code -a} what runs; where nothing runs in a pod that stands, how each container ended
   * last, for otherwise a pod whose program died looks well.
   */
  private List<Container> shown(List<Container> newestFirst, boolean ready) {
    if (all) {
      return newestFirst;
    }
    List<Container> running =
        newestFirst.stream()
            .filter(container -> container.getState() == ContainerState.CONTAINER_RUNNING)
            .toList();
    if (!running.isEmpty() || !ready) {
      return running;
    }
    Set<String> names = new HashSet<>();
    return newestFirst.stream()
        .filter(container -> names.add(container.getMetadata().getName()))
        .toList();
  }

  private static Line line(PodSandbox pod, PodDetail detail, String state) {
    return new Line(
        pod.getMetadata().getName(),
        pod.getMetadata().getNamespace(),
        pod.getId(),
        detail.kind(),
        detail.address(),
        "",
        "",
        "",
        state,
        Instant.ofEpochSecond(0, pod.getCreatedAt()),
        detail.reason(),
        null,
        null,
        null);
  }

  private static Line line(
      CriClient client, PodSandbox pod, PodDetail detail, Container container, String image) {
    Optional<ContainerStatus> ended =
        container.getState() == ContainerState.CONTAINER_EXITED
            ? status(client, container.getId())
            : Optional.empty();
    return new Line(
        pod.getMetadata().getName(),
        pod.getMetadata().getNamespace(),
        pod.getId(),
        detail.kind(),
        detail.address(),
        container.getMetadata().getName(),
        container.getId(),
        image,
        state(container.getState()),
        Instant.ofEpochSecond(0, container.getCreatedAt()),
        ended
            .map(ContainerStatus::getMessage)
            .filter(message -> !message.isEmpty())
            .orElse(detail.reason()),
        ended.map(ContainerStatus::getExitCode).orElse(null),
        ended.map(ContainerStatus::getReason).filter(reason -> !reason.isEmpty()).orElse(null),
        ended
            .map(ContainerStatus::getFinishedAt)
            .filter(nanos -> nanos > 0)
            .map(nanos -> Instant.ofEpochSecond(0, nanos))
            .orElse(null));
  }

  private static Optional<ContainerStatus> status(CriClient client, String containerId) {
    try {
      return Optional.of(LogFollower.status(client, containerId));
    } catch (Failure gone) {
      return Optional.empty(); // removed since it was listed
    }
  }

  /** Containers are made by image id, which says little to people. */
  static String imageName(Container container, Map<String, String> imageNames) {
    String asked = container.getImage().getUserSpecifiedImage();
    String image = container.getImage().getImage();
    return asked.isEmpty() ? imageNames.getOrDefault(image, image) : asked;
  }

  private static String state(ContainerState state) {
    return state.name().replace("CONTAINER_", "").toLowerCase(Locale.ROOT);
  }

  private void print(List<Line> lines) {
    Table table =
        new Table("POD", "CONTAINER", "ID", "IMAGE", "STATE", "ADDRESS", "AGE")
            .dispensable("IMAGE", "ID", "AGE", "CONTAINER");
    for (Line line : lines) {
      String image = line.image().startsWith("sha256:") ? Ids.brief(line.image()) : line.image();
      table.row(
          line.pod(),
          line.container().isEmpty() ? "-" : line.container(),
          Ids.brief(line.containerId().isEmpty() ? line.podId() : line.containerId()),
          image.isEmpty() ? "-" : image,
          line.exitCode() == null ? line.state() : line.state() + " (" + line.exitCode() + ")",
          line.address().isEmpty() ? "-" : line.address(),
          Units.age(Duration.between(line.createdAt(), context.time().now())));
    }
    table.print(context.console());
  }
}
