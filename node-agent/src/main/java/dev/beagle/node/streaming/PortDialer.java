package dev.beagle.node.streaming;

import java.nio.channels.ByteChannel;

/** Opens connections to ports inside one sandbox. Called on virtual threads, several at once. */
@FunctionalInterface
public interface PortDialer {
  /**
   * A blocking byte stream to {@code localhost:port} in the sandbox; the caller closes it. A {@link
   * java.nio.channels.SocketChannel} gets the client's half-close; any other channel is closed a
   * second after it.
   *
   * @param port 1 to 65535
   * @throws dev.beagle.failure.Failure for instance UNAVAILABLE when nothing listens there
   */
  ByteChannel dial(int port);
}
