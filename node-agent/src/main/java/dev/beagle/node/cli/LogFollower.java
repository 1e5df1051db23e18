package dev.beagle.node.cli;

import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.ContainerStatusRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.ContainerLog;
import dev.beagle.node.client.CriClient;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.Optional;

/** Copies a container's log while it runs. Confined to one thread. */
final class LogFollower {
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** Every so many pauses the daemon is asked whether the container still runs. */
  private static final int PAUSES_PER_QUESTION = 4;

  private final CriClient client;
  private final Time time;

  LogFollower(CriClient client, Time time) {
    this.client = client;
    this.time = time;
  }

  static ContainerStatus status(CriClient client, String containerId) {
    return client.runtime(
        CallLimits.QUERY,
        stub ->
            stub.containerStatus(
                    ContainerStatusRequest.newBuilder().setContainerId(containerId).build())
                .getStatus());
  }

  /**
   * Copies until the container has ended and its log is read to the end.
   *
   * @return its last status; empty when it was removed meanwhile
   */
  Optional<ContainerStatus> follow(String containerId, ContainerLog log)
      throws InterruptedException {
    for (int round = 0; ; round++) {
      if (round % PAUSES_PER_QUESTION == 0) {
        Optional<ContainerStatus> status = find(containerId);
        if (status.isEmpty() || ended(status.get())) {
          log.copy();
          return status;
        }
      }
      if (!log.copy()) {
        time.sleep(PAUSE);
      }
    }
  }

  private Optional<ContainerStatus> find(String containerId) {
    try {
      return Optional.of(status(client, containerId));
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.NOT_FOUND) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  private static boolean ended(ContainerStatus status) {
    return status.getState() == ContainerState.CONTAINER_EXITED
        || status.getState() == ContainerState.CONTAINER_UNKNOWN;
  }
}
