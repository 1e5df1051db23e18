package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxName;
import java.util.List;

/**
 * Names pods in failures of parts that know sandboxes by id only: the switch says "is taken by
 * 4f2a...", which nobody can look up among pods' names.
 */
final class PodsByName {
  private PodsByName() {}

  /**
   * The failure with each pod's name for its id and, where another pod is in the way, a way out.
   */
  static Failure in(Failure failure, List<Sandbox> known) {
    String reason = failure.reason();
    String wayOut = "";
    for (Sandbox sandbox : known) {
      String id = sandbox.id().value();
      if (reason.contains(id)) {
        SandboxName name = sandbox.spec().name();
        reason = reason.replace(id, "pod " + name.namespace() + "/" + name.name());
        wayOut =
            failure.kind() == FailureKind.ALREADY_EXISTS && reason.startsWith("host port")
                ? "; choose another port, or remove that pod (%s)"
                    .formatted(sandbox.id().shortForm())
                : "";
      }
    }
    return reason.equals(failure.reason())
        ? failure
        : Failure.of(failure.kind(), reason + wayOut, failure);
  }
}
