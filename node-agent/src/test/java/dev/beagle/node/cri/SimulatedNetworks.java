package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.util.Set;

/** A network of which only the health is asked: {@link SimulatedPodRuntime} needs no ports. */
final class SimulatedNetworks implements PodNetworks {
  volatile String problem = "";

  @Override
  public PodNetwork attach(SandboxId id, SandboxSpec spec) {
    throw Failure.unsupported("simulated pods have no port");
  }

  @Override
  public void detach(SandboxId id) {}

  @Override
  public void retain(Set<SandboxId> known) {}

  @Override
  public String problem() {
    return problem;
  }
}
