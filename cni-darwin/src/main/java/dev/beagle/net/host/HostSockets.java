package dev.beagle.net.host;

import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The outside of the network. Everything is called on the segment's thread and its events come on
 * that thread, never from inside the call that asked for them.
 */
public interface HostSockets {
  /** Begins to connect; the outcome is an event, whatever it is. */
  HostStream connect(IpAddress remote, int port, HostStream.Events events);

  /**
   * Accepts connections.
   *
   * @param address null for all addresses of the host, both families
   * @throws IOException if the address cannot be bound; the message is the system's
   */
  HostListener listen(@Nullable IpAddress address, int port, Acceptor acceptor) throws IOException;

  /**
   * Opens a datagram socket.
   *
   * @param remote where it is connected to: only that peer's datagrams come, and its refusals are
   *     seen; null leaves it open to all
   * @throws IOException for want of descriptors or ports, or if there is no route
   */
  HostDatagrams open(@Nullable IpAddress remote, int port, Runnable readable) throws IOException;

  /**
   * Opens a datagram socket on a port of the host.
   *
   * @param address null for all addresses
   * @throws IOException if the address cannot be bound
   */
  HostDatagrams bind(@Nullable IpAddress address, int port, Runnable readable) throws IOException;

  /** Takes what a listener accepted. */
  @FunctionalInterface
  interface Acceptor {
    /**
     * A connection came; its owner says by the returned events what to do with it.
     *
     * @param stream not read before {@link HostStream#wantRead}
     */
    HostStream.Events accepted(HostStream stream, IpAddress caller, int callerPort);
  }

  /** A listening socket. */
  interface HostListener extends AutoCloseable {
    @Override
    void close();
  }
}
