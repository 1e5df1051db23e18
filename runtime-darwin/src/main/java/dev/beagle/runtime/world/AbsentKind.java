package dev.beagle.runtime.world;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A kind that is known and cannot run here; it is never replaced by another in silence.
 *
 * @param problem why, and the way out
 */
public record AbsentKind(String name, String problem) implements SandboxKind {
  private Failure absent() {
    return Failure.unsupported("sandbox kind " + name + " cannot run here: " + problem);
  }

  @Override
  public boolean adopts() {
    return false;
  }

  @Override
  public WorldTraits traits() {
    throw absent();
  }

  @Override
  public void check(SandboxSpec spec) {
    throw absent();
  }

  @Override
  public void check(ContainerSpec spec) {
    throw absent();
  }

  @Override
  public WorldRecord plan(SandboxId id, String cgroupParent) {
    throw absent();
  }

  @Override
  public World open(WorldRecord plan) {
    throw absent();
  }

  @Override
  public Optional<World> adopt(WorldRecord record) {
    return Optional.empty();
  }

  @Override
  public void discard(WorldRecord record, Collection<String> containers) {
    throw absent();
  }

  @Override
  public void sweep(Set<SandboxId> known, Set<String> lost) {}

  @Override
  public void retire() {}

  @Override
  public void retainLayers(Supplier<Set<String>> used) {}
}
