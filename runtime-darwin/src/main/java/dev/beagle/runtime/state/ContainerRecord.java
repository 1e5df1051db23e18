package dev.beagle.runtime.state;

import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.SandboxId;
import java.time.Instant;
import java.util.List;

/**
 * A container as it is written down.
 *
 * @param version of this form
 * @param phase what the daemon was doing with it
 * @param logPath absolute; empty for no log
 * @param layers diff ids, lowest first
 * @param folders names of the world's folders that are this container's own
 */
public record ContainerRecord(
    int version,
    ContainerId id,
    SandboxId sandbox,
    Phase phase,
    ContainerSpec spec,
    ResolvedProcess process,
    Instant createdAt,
    ContainerState state,
    String logPath,
    List<String> layers,
    List<String> folders) {
  /** The form that this build writes. */
  public static final int VERSION = 1;

  public ContainerRecord {
    layers = List.copyOf(layers);
    folders = List.copyOf(folders);
  }

  /** Where a container stands in its making and unmaking. */
  public enum Phase {
    /** Not yet reported to anybody: a successor undoes it. */
    CREATING,
    KEPT,
    /** A successor goes on with it. */
    REMOVING
  }

  public ContainerRecord with(Phase newPhase) {
    return new ContainerRecord(
        version, id, sandbox, newPhase, spec, process, createdAt, state, logPath, layers, folders);
  }

  public ContainerRecord with(ContainerState newState) {
    return new ContainerRecord(
        version, id, sandbox, phase, spec, process, createdAt, newState, logPath, layers, folders);
  }
}
