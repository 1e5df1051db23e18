package dev.beagle.node.cri;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line for each call at its end: what, about which object, how long, how it ended. Calls that
 * change something are told at INFO, questions at DEBUG, our own defects with their stack at ERROR.
 * Thread-safe.
 */
final class CallLog implements ServerInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(CallLog.class);
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Fields of requests and responses that name what a call is about. */
  private static final Set<String> OBJECTS = Set.of("pod_sandbox_id", "container_id", "image_ref");

  /** Asked all the time. */
  private static final Set<String> QUESTIONS =
      Set.of(
          "Version",
          "Status",
          "RuntimeConfig",
          "PodSandboxStatus",
          "ListPodSandbox",
          "ContainerStatus",
          "ListContainers",
          "ExecSync",
          "ContainerStats",
          "ListContainerStats",
          "ImageStatus",
          "ListImages",
          "ImageFsInfo");

  private final Time time;

  CallLog(Time time) {
    this.time = time;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Line line = new Line(Objects.requireNonNull(call.getMethodDescriptor().getBareMethodName()));
    ServerCall<Q, A> watched =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendMessage(A message) {
            line.objectsOf(message);
            super.sendMessage(message);
          }

          @Override
          public void close(Status status, Metadata trailers) {
            line.write(status);
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(watched, headers)) {
      @Override
      public void onMessage(Q message) {
        line.objectsOf(message);
        super.onMessage(message);
      }

      @Override
      public void onCancel() {
        line.write(Status.CANCELLED.withDescription("the client left"));
        super.onCancel();
      }
    };
  }

  /** The line of one call; gRPC makes a call's events one at a time. */
  private final class Line {
    private final String call;
    private final long startNanos = time.nanos();
    private final Map<String, String> objects = new TreeMap<>();
    private boolean written;

    Line(String call) {
      this.call = call;
    }

    void objectsOf(@Nullable Object message) {
      if (!(message instanceof Message proto)) {
        return;
      }
      for (String name : OBJECTS) {
        FieldDescriptor field = proto.getDescriptorForType().findFieldByName(name);
        if (field != null && proto.getField(field) instanceof String id && !id.isEmpty()) {
          objects.put(name, id);
        }
      }
    }

    void write(Status status) {
      if (written) {
        return;
      }
      written = true;
      Throwable cause = status.getCause();
      boolean defect = status.getCode() == Status.Code.INTERNAL;
      LoggingEventBuilder event =
          LOG.atLevel(defect ? Level.ERROR : QUESTIONS.contains(call) ? Level.DEBUG : Level.INFO)
              .addKeyValue("call", call)
              .addKeyValue("millis", (time.nanos() - startNanos) / NANOS_PER_MILLI)
              .addKeyValue(
                  "outcome", cause instanceof Failure failure ? failure.kind() : status.getCode());
      for (Map.Entry<String, String> object : objects.entrySet()) {
        event = event.addKeyValue(object.getKey(), object.getValue());
      }
      if (status.getDescription() != null) {
        event = event.addKeyValue("reason", status.getDescription());
      }
      (defect && cause != null ? event.setCause(cause) : event).log("CRI call");
    }
  }
}
