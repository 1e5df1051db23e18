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
   *     that cannot run here, ALREADY_EXISTS for a name that another pod of the command line has;
   *     after any failure nothing is left
   */
  Sandbox runSandbox(SandboxSpec spec);

  Optional<Sandbox> findSandbox(SandboxId id);

  /**
   * Those that are there, oldest first. One that is being made is not there yet, or a kubelet's
   * collector would remove it as one that is not ready; nor is one that has been removed.
   */
  List<Sandbox> sandboxes();

  Optional<Container> findContainer(ContainerId id);

  /** Those of every sandbox that were made, oldest first. */
  List<Container> containers();

  /** The kinds this node knows, the default first. */
  List<SandboxKindStatus> kinds();
}
