package dev.beagle.node.client;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.failure.Failure;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * All pods and containers of a daemon at one moment, found by what people type: a pod's name, a
 * container's name, {@code POD/CONTAINER}, or the beginning of an id. Immutable.
 */
public final class Directory {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int SHORTEST_ID = 3;

  private final List<PodSandbox> pods;
  private final List<Container> containers;

  /** Both newest first. */
  Directory(List<PodSandbox> pods, List<Container> containers) {
    this.pods = List.copyOf(pods);
    this.containers = List.copyOf(containers);
  }

  /** Asks the daemon; newest first. */
  public static Directory of(CriClient client) {
    List<PodSandbox> pods =
        client.runtime(
            LIMIT,
            stub -> stub.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList());
    List<Container> containers =
        client.runtime(
            LIMIT,
            stub ->
                stub.listContainers(ListContainersRequest.getDefaultInstance())
                    .getContainersList());
    return new Directory(
        pods.stream()
            .sorted(Comparator.comparingLong(PodSandbox::getCreatedAt).reversed())
            .toList(),
        containers.stream()
            .sorted(Comparator.comparingLong(Container::getCreatedAt).reversed())
            .toList());
  }

  public List<PodSandbox> pods() {
    return pods;
  }

  public List<Container> containers() {
    return containers;
  }

  public List<Container> containersOf(PodSandbox pod) {
    return containers.stream()
        .filter(container -> container.getPodSandboxId().equals(pod.getId()))
        .toList();
  }

  public Optional<PodSandbox> podOf(Container container) {
    return pods.stream().filter(pod -> pod.getId().equals(container.getPodSandboxId())).findFirst();
  }

  /** The pod of that exact name. */
  public Optional<PodSandbox> findPodNamed(String name) {
    return pods.stream().filter(pod -> pod.getMetadata().getName().equals(name)).findFirst();
  }

  /**
   * The pod that a name, an id, or one of its containers' names or ids stands for.
   *
   * @throws Failure NOT_FOUND, or INVALID_ARGUMENT when several match
   */
  public PodSandbox requirePod(String reference) {
    Set<PodSandbox> matches =
        pods.stream()
            .filter(pod ->
                pod.getMetadata().getName().equals(reference) || begins(pod.getId(), reference))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (matches.isEmpty()) {
      for (Container container : containers) {
        if (matches(container, reference)) {
          podOf(container).ifPresent(matches::add);
        }
      }
    }
    return one("pod", reference, List.copyOf(matches), this::shownId);
  }

  /** The id that {@code beagle ps} shows for a pod. */
  private String shownId(PodSandbox pod) {
    return containersOf(pod).stream().findFirst().map(Container::getId).orElse(pod.getId());
  }

  /**
   * The container that a name, {@code POD/CONTAINER}, an id, or the name or id of a pod with a
   * single container stands for.
   *
   * @throws Failure NOT_FOUND, or INVALID_ARGUMENT when several match
   */
  public Container requireContainer(String reference) {
    List<Container> exact =
        containers.stream().filter(container -> matches(container, reference)).toList();
    if (!exact.isEmpty()) {
      return one("container", reference, exact, Container::getId);
    }
    List<Container> ofPod =
        pods.stream()
            .filter(pod ->
                pod.getMetadata().getName().equals(reference) || begins(pod.getId(), reference))
            .flatMap(pod -> containersOf(pod).stream())
            .toList();
    return one("container", reference, ofPod, Container::getId);
  }

  private boolean matches(Container container, String reference) {
    String name = container.getMetadata().getName();
    return name.equals(reference)
        || begins(container.getId(), reference)
        || podOf(container)
            .map(pod -> pod.getMetadata().getName() + "/" + name)
            .filter(reference::equals)
            .isPresent();
  }

  private static boolean begins(String id, String reference) {
    return reference.length() >= SHORTEST_ID && id.startsWith(reference);
  }

  private static <T> T one(
      String kind, String reference, List<T> matches, java.util.function.Function<T, String> id) {
    if (matches.isEmpty()) {
      throw Failure.of(
          dev.beagle.failure.FailureKind.NOT_FOUND,
          kind + " " + reference + " not found (beagle ps -a shows all)");
    }
    if (matches.size() > 1) {
      String ids =
          matches.stream()
              .map(id)
              .map(full -> full.substring(0, Math.min(12, full.length())))
              .limit(5)
              .collect(Collectors.joining(", "));
      throw Failure.invalidArgument(
          kind + " " + reference + " is ambiguous; give an id of beagle ps -a instead: " + ids);
    }
    return matches.getFirst();
  }
}
