package dev.beagle.runtime.pod;

import dev.beagle.runtime.stdio.ExitStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * What a container is doing.
 *
 * <pre>
 *   Created ──► Running ──► Exited
 *      └──────────────────────►┘  (start failed, or stopped before start)
 * </pre>
 */
public sealed interface ContainerState {
  record Created() implements ContainerState {}

  /**
   * @param pid the process's id in its world's PID namespace
   */
  record Running(Instant since, long pid) implements ContainerState {}

  /**
   * @param startedAt absent when it never ran
   * @param reason Completed, Error, OOMKilled, StartError or Unknown, as kubelet knows them
   * @param message what a person should know; may be empty
   */
  record Exited(
      Optional<Instant> startedAt, Instant at, ExitStatus status, String reason, String message)
      implements ContainerState {}
}
