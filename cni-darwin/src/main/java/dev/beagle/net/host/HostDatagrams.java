package dev.beagle.net.host;

import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A datagram socket of the host, non-blocking. */
public interface HostDatagrams extends AutoCloseable {
  /**
   * Sends one datagram; false if the socket was full and it is lost.
   *
   * @throws IOException as the system says; PortUnreachableException if an earlier one was refused,
   *     and then this one was not sent
   */
  boolean send(ByteBuffer datagram, IpAddress remote, int port) throws IOException;

  /**
   * Receives one datagram; false if there is none.
   *
   * @throws IOException as for {@link #send}
   */
  boolean receive(ByteBuffer into) throws IOException;

  /** Who sent the datagram received last. */
  IpAddress source();

  /** The port it was sent from. */
  int sourcePort();

  /** Idempotent. */
  @Override
  void close();
}
