package dev.beagle.node.client;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** gRPC status to {@link Failure}: the reverse of the daemon's own translation. */
final class StatusFailures {
  /** A word for kubelets, which a person can do without. */
  private static final String REGISTRY_UNAVAILABLE = "RegistryUnavailable";

  private StatusFailures() {}

  static Failure failure(StatusRuntimeException error) {
    Status status = error.getStatus();
    String description = status.getDescription();
    String reason =
        description == null || description.isEmpty()
            ? status.getCode().name()
            : description.lines().findFirst().orElse("");
    FailureKind kind = kind(status.getCode(), reason);
    if (status.getCode() == Status.Code.UNAVAILABLE && status.getCause() != null) {
      return Failure.of(
          kind,
          "the daemon does not answer; is it running? (its log says; `beagle daemon` starts one)",
          error);
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return Failure.of(kind, "the daemon took too long: " + reason, error);
    }
    String prefix = REGISTRY_UNAVAILABLE + ": ";
    return Failure.of(
        kind, reason.startsWith(prefix) ? reason.substring(prefix.length()) : reason, error);
  }

  private static FailureKind kind(Status.Code code, String reason) {
    return switch (code) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> FailureKind.INVALID_ARGUMENT;
      case NOT_FOUND -> FailureKind.NOT_FOUND;
      case ALREADY_EXISTS -> FailureKind.ALREADY_EXISTS;
      case FAILED_PRECONDITION, ABORTED -> FailureKind.WRONG_STATE;
      case RESOURCE_EXHAUSTED -> FailureKind.EXHAUSTED;
      case PERMISSION_DENIED -> FailureKind.DENIED;
      case UNAUTHENTICATED -> FailureKind.UNAUTHENTICATED;
      case UNAVAILABLE -> FailureKind.UNAVAILABLE;
      case DEADLINE_EXCEEDED -> FailureKind.TIMED_OUT;
      case CANCELLED -> FailureKind.CANCELLED;
      case UNIMPLEMENTED -> FailureKind.UNSUPPORTED;
      case DATA_LOSS -> FailureKind.CORRUPTED;
      case UNKNOWN ->
          reason.startsWith(REGISTRY_UNAVAILABLE) ? FailureKind.UNAVAILABLE : FailureKind.INTERNAL;
      case OK, INTERNAL -> FailureKind.INTERNAL;
    };
  }
}
