package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the bytes of one connection that the guest made. Belongs to the device's worker thread. */
public interface GuestOutput {
  /**
   * Takes all of it; the guest's other streams wait meanwhile.
   *
   * @throws IOException the guest's connection is reset
   */
  void write(ByteBuffer bytes) throws IOException;

  /** There is no more, or the connection was reset. */
  void close();
}
