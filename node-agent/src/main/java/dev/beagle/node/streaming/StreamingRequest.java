package dev.beagle.node.streaming;

import dev.beagle.runtime.stdio.ContainerProcess;
import java.util.function.Supplier;

/** What a URL stands for. */
sealed interface StreamingRequest {
  /** The first segment of the URL's path. */
  String path();

  /**
   * A process's streams.
   *
   * @param attach whether the process is the container's own: its end has no exit code for us
   * @param opener starts or joins the process; called once, on a virtual thread, when the client
   *     has opened every stream
   */
  record RemoteCommand(boolean attach, StreamOptions options, Supplier<ContainerProcess> opener)
      implements StreamingRequest {
    @Override
    public String path() {
      return attach ? "attach" : "exec";
    }
  }

  /** Connections into a sandbox, as many as the client opens. */
  record PortForward(PortDialer dialer) implements StreamingRequest {
    @Override
    public String path() {
      return "portforward";
    }
  }
}
