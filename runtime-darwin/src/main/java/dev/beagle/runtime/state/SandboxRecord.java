package dev.beagle.runtime.state;

import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.world.WorldRecord;
import java.time.Instant;

/**
 * A sandbox as it is written down.
 *
 * @param version of this form; readers skip members that they do not know
 * @param bootId of the kernel it was made on
 */
public record SandboxRecord(
    int version,
    String bootId,
    SandboxId id,
    String kind,
    SandboxSpec spec,
    Instant createdAt,
    SandboxState state,
    WorldRecord world) {
  /** The form that this build writes. */
  public static final int VERSION = 1;

  public SandboxRecord with(SandboxState newState) {
    return new SandboxRecord(version, bootId, id, kind, spec, createdAt, newState, world);
  }
}
