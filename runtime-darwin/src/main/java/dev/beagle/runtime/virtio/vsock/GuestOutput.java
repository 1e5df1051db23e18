package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the bytes of one stream to the guest. Called on the device's worker thread, or on that of
 * whoever opens it.
 */
public interface GuestOutput {
  /**
   * Takes all of it; the guest's other streams wait meanwhile.
   *
   * @throws IOException the stream is reset
   */
  void write(ByteBuffer bytes) throws IOException;

  /** There is no more, or nobody listened, or the stream was reset. */
  void close();
}
