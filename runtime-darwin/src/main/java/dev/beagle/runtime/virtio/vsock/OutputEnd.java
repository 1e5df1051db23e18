package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An output as the end of a stream; the guest gets a greeting and no more. */
final class OutputEnd implements HostEnd {
  private final GuestOutput output;
  private final ByteBuffer greeting;

  OutputEnd(GuestOutput output, byte[] greeting) {
    this.output = output;
    this.greeting = ByteBuffer.wrap(greeting.clone());
  }

  @Override
  public void refused() {
    output.close();
  }

  @Override
  public int read(ByteBuffer target) {
    int count = Math.min(target.remaining(), greeting.remaining());
    target.put(greeting.slice(greeting.position(), count));
    greeting.position(greeting.position() + count);
    return count;
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
