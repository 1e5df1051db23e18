package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.PodRuntime;
import dev.beagle.runtime.pod.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The sandboxes and containers that the caller may see, by id or a unique beginning of it. For
 * clients of the CRI those of others do not exist: a kubelet removes pods that it does not know.
 * Thread-safe.
 */
final class CriObjects {
  private final PodRuntime runtime;

  CriObjects(PodRuntime runtime) {
    this.runtime = runtime;
  }

  /** What lists show. */
  List<Sandbox> sandboxes() {
    return runtime.sandboxes().stream()
        .filter(sandbox -> Caller.sees(sandbox.spec().owner()))
        .toList();
  }

  List<Container> containers() {
    return sandboxes().stream().flatMap(sandbox -> sandbox.containers().stream()).toList();
  }

  /** For calls that succeed without the sandbox. */
  Optional<Sandbox> findSandbox(String id) {
    return find("sandbox", id, sandboxes(), sandbox -> sandbox.id().value());
  }

  Sandbox requireSandbox(String id) {
    return findSandbox(id).orElseThrow(() -> Failure.notFound("sandbox", id));
  }

  /** For calls that succeed without the container. */
  Optional<Container> findContainer(String id) {
    return find("container", id, containers(), container -> container.id().value());
  }

  Container requireContainer(String id) {
    return findContainer(id).orElseThrow(() -> Failure.notFound("container", id));
  }

  private static <T> Optional<T> find(
      String object, String id, List<T> all, Function<T, String> idOf) {
    if (id.isEmpty()) {
      throw Failure.invalidArgument("the " + object + " id is empty");
    }
    List<T> matches = all.stream().filter(one -> idOf.apply(one).startsWith(id)).limit(2).toList();
    if (matches.size() > 1) {
      throw Failure.invalidArgument(
          object + " id " + id + " is the beginning of more than one id; give more of it");
    }
    return matches.stream().findFirst();
  }
}
