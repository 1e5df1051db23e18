package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxName;
import java.util.List;
import java.util.Optional;

/**
 * Names the pod that is in the way in failures of parts that know sandboxes by id only, to those
 * who may know of it.
 */
final class PodsByName {
  private PodsByName() {}

  /**
   * The failure with the name of the pod that holds what was wanted, and a way out. Who does not
   * see that pod learns that there is one, and what it can do itself.
   */
  static Failure in(Failure failure, List<Sandbox> known) {
    if (!(failure.detail().orElse(null) instanceof FailureDetail.HeldBy(String holder))) {
      return failure;
    }
    Optional<Sandbox> seen =
        known.stream()
            .filter(sandbox -> sandbox.id().value().equals(holder))
            .filter(sandbox -> Caller.sees(sandbox.spec().owner()))
            .findFirst();
    String by =
        seen.map(PodsByName::named)
            .orElse("a pod of another client of this node; choose another port");
    return Failure.of(failure.kind(), failure.reason() + " by " + by, failure);
  }

  private static String named(Sandbox sandbox) {
    SandboxName name = sandbox.spec().name();
    return "pod %s/%s; choose another port, or remove that pod (%s)"
        .formatted(name.namespace(), name.name(), sandbox.id().shortForm());
  }
}
