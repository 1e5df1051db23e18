package dev.beagle.node.cri;

import dev.beagle.runtime.stdio.ContainerProcess;
import java.net.URI;
import java.nio.channels.ByteChannel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Makes the endpoints that clients are sent to for streams. Each address can be used once and for a
 * short time. Thread-safe.
 */
public interface StreamUrls {
  /**
   * An endpoint for a command.
   *
   * @param process starts it, when the client connects
   */
  URI exec(Streams streams, Supplier<ContainerProcess> process);

  /** An endpoint for a container's own streams; its end carries no exit code. */
  URI attach(Streams streams, Supplier<ContainerProcess> process);

  /**
   * An endpoint for ports of a sandbox.
   *
   * @param ports what the client said it wants; may be empty
   * @param dialer connects to a port inside it
   */
  URI portForward(List<Integer> ports, IntFunction<ByteChannel> dialer);

  /** Which streams a client wants; with a terminal there is no stderr. */
  record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
}
