package dev.beagle.node.cri;

import dev.beagle.cri.node.v1.StartFailure;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.failure.FailureKind;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;

/**
 * What a call throws as a gRPC status: the one place where failures meet the CRI. Any other
 * exception is a defect and becomes INTERNAL. Thread-safe.
 */
final class FailureInterceptor implements ServerInterceptor {
  /** A status travels in a header, and clients take 8 KiB of headers. */
  private static final int MAX_MESSAGE_BYTES = 6000;

  private static final Metadata.Key<byte[]> DETAIL =
      Metadata.Key.of("beagle-start-failure-bin", Metadata.BINARY_BYTE_MARSHALLER);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onHalfClose() {
        try {
          super.onHalfClose();
        } catch (RuntimeException | Error thrown) {
          call.close(status(thrown), trailers(thrown));
        }
      }
    };
  }

  private static Metadata trailers(Throwable thrown) {
    Metadata trailers = new Metadata();
    if (thrown instanceof Failure failure) {
      failure
          .detail()
          .flatMap(FailureInterceptor::told)
          .ifPresent(detail -> trailers.put(DETAIL, detail.toByteArray()));
    }
    return trailers;
  }

  /** Who holds something is not for everybody, and was said where it may be. */
  private static Optional<StartFailure> told(FailureDetail detail) {
    return switch (detail) {
      case FailureDetail.ProgramMissing(String program) ->
          Optional.of(StartFailure.newBuilder().setProgramMissing(program).build());
      case FailureDetail.ProgramNotExecutable() ->
          Optional.of(StartFailure.newBuilder().setProgramNotExecutable(true).build());
      case FailureDetail.HeldBy _ -> Optional.empty();
    };
  }

  /** The status of what was thrown, which is its cause. */
  static Status status(Throwable thrown) {
    Status status =
        switch (thrown) {
          case Failure failure -> code(failure.kind()).withDescription(failure.reason());
          case StatusRuntimeException chosen -> chosen.getStatus();
          default ->
              Status.INTERNAL.withDescription(
                  "internal error, see the daemon's log: " + thrown.getClass().getSimpleName());
        };
    String message = status.getDescription();
    if (message != null) {
      status = status.withDescription(bounded(message));
    }
    return status.getCause() == null ? status.withCause(thrown) : status;
  }

  /**
   * Cuts a message that is too long as gRPC percent-encodes it: three bytes for what is special.
   */
  private static String bounded(String message) {
    int bytes = 0;
    for (int end = 0; end < message.length(); ) {
      int character = message.codePointAt(end);
      bytes += character >= ' ' && character < 0x7f && character != '%' ? 1 : 3 * utf8(character);
      if (bytes > MAX_MESSAGE_BYTES) {
        return message.substring(0, end) + "...";
      }
      end += Character.charCount(character);
    }
    return message;
  }

  private static int utf8(int character) {
    return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  }

  private static Status code(FailureKind kind) {
    return switch (kind) {
      case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
      case NOT_FOUND -> Status.NOT_FOUND;
      case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
      case WRONG_STATE -> Status.FAILED_PRECONDITION;
      case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
      case DENIED -> Status.PERMISSION_DENIED;
      case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
      case TIMED_OUT -> Status.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.CANCELLED;
      case UNSUPPORTED -> Status.UNIMPLEMENTED;
      case CORRUPTED -> Status.DATA_LOSS;
      case INTERNAL -> Status.INTERNAL;
    };
  }
}
