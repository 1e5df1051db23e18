package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.stdio.ContainerProcess;
import java.util.List;
import java.util.function.Supplier;

/** What a URL stands for. */
sealed interface StreamingRequest {
  /** The first segment of the URL's path. */
  String path();

  /**
   * A process's streams.
   *
   * @param attach whether the process is the container's own: its end has no exit code for us
   * @param inputEndDetaches whether the conversation ends in success with the client's input
   * @param opener starts or joins the process; called once, on a virtual thread, when the client
   *     has opened every stream
   */
  record RemoteCommand(
      boolean attach,
      boolean inputEndDetaches,
      StreamOptions options,
      Supplier<ContainerProcess> opener)
      implements StreamingRequest {
    @Override
    public String path() {
      return attach ? "attach" : "exec";
    }
  }

  /**
   * Connections into a sandbox, as many as the client opens.
   *
   * @param ports those that clients without streams of their own (WebSocket channels) get; others
   *     name a port with each connection
   */
  record PortForward(List<Integer> ports, PortDialer dialer) implements StreamingRequest {
    /** Of a WebSocket's 255 channels each takes two. */
    private static final int MAX_PORTS = 127;

    public PortForward {
      ports = List.copyOf(ports);
      for (int port : ports) {
        if (port < 1 || port > 0xFFFF) {
          throw Failure.invalidArgument("port " + port + " is not between 1 and 65535");
        }
      }
      if (ports.size() > MAX_PORTS) {
        throw Failure.invalidArgument(ports.size() + " ports; at most " + MAX_PORTS);
      }
    }

    @Override
    public String path() {
      return "portforward";
    }
  }
}
