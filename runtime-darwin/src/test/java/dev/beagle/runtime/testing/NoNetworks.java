package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.util.Set;

/** A node where pods have the host's network or none. */
public final class NoNetworks implements PodNetworks {
  @Override
  public PodNetwork attach(SandboxId id, SandboxSpec spec) {
    throw Failure.unsupported("this node has no pod network");
  }

  @Override
  public void detach(SandboxId id) {}

  @Override
  public void retain(Set<SandboxId> known) {}

  @Override
  public String problem() {
    return "no pod network";
  }
}
