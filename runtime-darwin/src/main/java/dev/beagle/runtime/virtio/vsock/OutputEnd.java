package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An output as the end of a stream, which has nothing for the guest. */
record OutputEnd(GuestOutput output) implements HostEnd {
  @Override
  public void connected() {
    // The guest connected.
  }

  @Override
  public void refused() {
    output.close();
  }

  @Override
  public int read(ByteBuffer target) {
    return 0;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int length = source.remaining();
    output.write(source);
    return length;
  }

  @Override
  public void finish() {
    // close follows
  }

  @Override
  public void close() {
    output.close();
  }
}
