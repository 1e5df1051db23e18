package dev.beagle.runtime.pod;

import java.util.Set;

/** What the core needs of the node's network. */
public interface PodNetworks {
  /**
   * Gives the sandbox a port, an address and its host ports; the same again for a sandbox that has
   * them. After a failure nothing is left.
   */
  PodNetwork attach(SandboxId id, SandboxSpec spec);

  /** Takes everything back. Idempotent. */
  void detach(SandboxId id);

  /** Takes back what belongs to sandboxes that are not among these. */
  void retain(Set<SandboxId> known);

  /** Empty when pods can have a network now, else what is missing. */
  String problem();
}
