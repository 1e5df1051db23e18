package dev.beagle.node.cri;

import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.SandboxSpec;

/** Variations of specs. */
final class SandboxSpecs {
  private SandboxSpecs() {}

  static SandboxSpec withOwner(SandboxSpec spec, Owner owner) {
    return new SandboxSpec(
        spec.name(),
        owner,
        spec.kind(),
        spec.hostname(),
        spec.dns(),
        spec.ports(),
        spec.network(),
        spec.pid(),
        spec.ipc(),
        spec.labels(),
        spec.annotations(),
        spec.logDirectory(),
        spec.cgroupParent(),
        spec.sysctls(),
        spec.privileged());
  }
}
