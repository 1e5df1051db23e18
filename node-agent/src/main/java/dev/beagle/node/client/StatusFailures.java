package dev.beagle.node.client;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.beagle.cri.node.v1.StartFailure;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.failure.FailureKind;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** gRPC status to {@link Failure}: the reverse of the daemon's own translation. */
final class StatusFailures {
  /** A word for kubelets, which a person can do without. */
  private static final String REGISTRY_UNAVAILABLE = "RegistryUnavailable";

  private static final Metadata.Key<byte[]> DETAIL =
      Metadata.Key.of("beagle-start-failure-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private StatusFailures() {}

  static Failure failure(StatusRuntimeException error) {
    Failure failure = ofStatus(error);
    return detail(error.getTrailers()).map(failure::with).orElse(failure);
  }

  private static Optional<FailureDetail> detail(@Nullable Metadata trailers) {
    byte[] sent = trailers == null ? null : trailers.get(DETAIL);
    if (sent == null) {
      return Optional.empty();
    }
    try {
      StartFailure start = StartFailure.parseFrom(sent);
      return switch (start.getReasonCase()) {
        case PROGRAM_MISSING ->
            Optional.of(new FailureDetail.ProgramMissing(start.getProgramMissing()));
        case PROGRAM_NOT_EXECUTABLE -> Optional.of(new FailureDetail.ProgramNotExecutable());
        case REASON_NOT_SET -> Optional.empty(); // of a newer daemon
      };
    } catch (InvalidProtocolBufferException malformed) {
      return Optional.empty();
    }
  }

  private static Failure ofStatus(StatusRuntimeException error) {
    Status status = error.getStatus();
    String description = status.getDescription();
    String reason =
        description == null || description.isEmpty()
            ? status.getCode().name()
            : description.lines().findFirst().orElse("");
    FailureKind kind = kind(status.getCode(), reason);
    if (status.getCode() == Status.Code.UNAVAILABLE && lost(status, reason)) {
      return Failure.of(
          kind,
          "the daemon ended before it had answered (its log says why);"
              + " what it had half made is undone by the next one: `beagle daemon` starts it",
          error);
    }
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

  /** Whether there was a connection, which broke; told in gRPC's and the system's words alone. */
  private static boolean lost(Status status, String reason) {
    String cause = status.getCause() == null ? "" : String.valueOf(status.getCause().getMessage());
    return reason.startsWith("Network closed")
        || reason.startsWith("Connection closed")
        || cause.contains("Connection reset")
        || cause.contains("Broken pipe");
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
