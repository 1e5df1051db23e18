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

  /**
   * An endpoint for a container's own streams; its end carries no exit code.
   *
   * @param endOfInput what the end of the client's input means for its outputs
   */
  URI attach(Streams streams, EndOfInput endOfInput, Supplier<ContainerProcess> process);

  /**
   * An endpoint for ports of a sandbox.
   *
   * @param ports what the client said it wants; may be empty
   * @param dialer connects to a port inside it
   */
  URI portForward(List<Integer> ports, IntFunction<ByteChannel> dialer);

  /** What becomes of an attached client's outputs when it sends no more input. */
  enum EndOfInput {
    /** It has seen what it wanted to see; the container goes on. */
    DETACHES,
    /** They go on to the container's end. */
    LEAVES_OUTPUTS
  }

  /** Which streams a client wants; with a terminal there is no stderr. */
  record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
}
