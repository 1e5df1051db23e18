package dev.beagle.runtime.pod;

import java.util.List;
import java.util.Optional;

/** All pods of this node, whoever made them. Thread-safe; lists and lookups never block. */
public interface PodRuntime {
  /**
   * Makes and starts a sandbox. A repeated call with the same name and attempt returns the sandbox
   * that exists, waiting for one that is being made.
   *
   * @throws dev.beagle.failure.Failure INVALID_ARGUMENT for an unknown kind, UNSUPPORTED for one
   *     that cannot run here; after any failure nothing is left
   */
  Sandbox runSandbox(SandboxSpec spec);

  Optional<Sandbox> findSandbox(SandboxId id);

  List<Sandbox> sandboxes();

  Optional<Container> findContainer(ContainerId id);

  List<Container> containers();

  /** The kinds this node knows, the default first. */
  List<SandboxKindStatus> kinds();
}
