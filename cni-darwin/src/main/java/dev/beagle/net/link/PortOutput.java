package dev.beagle.net.link;

import java.nio.ByteBuffer;

/** The way to what is behind a port. */
public interface PortOutput {
  /**
   * Sends one frame, virtio-net header first, made of the remaining bytes of the parts; consumes
   * them or copies them before it returns.
   *
   * @return false if it was dropped for want of room
   */
  boolean send(ByteBuffer[] parts, int count);

  /** False while frames wait: who can, holds back until the port says so. */
  boolean writable();

  /** Cuts the connection. Idempotent. */
  void close();
}
