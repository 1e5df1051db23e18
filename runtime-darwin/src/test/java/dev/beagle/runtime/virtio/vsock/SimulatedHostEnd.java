package dev.beagle.runtime.virtio.vsock;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A host's end that gives and takes what the test says. */
final class SimulatedHostEnd implements HostEnd {
  final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  final List<String> events = new ArrayList<>();

  private ByteBuffer toGive = ByteBuffer.allocate(0);
  private boolean endsAfter;
  private int takes = Integer.MAX_VALUE;
  private boolean broken;

  /** What it has for the guest. */
  SimulatedHostEnd gives(byte[] bytes) {
    ByteBuffer joined = ByteBuffer.allocate(toGive.remaining() + bytes.length);
    toGive = joined.put(toGive).put(bytes).flip();
    return this;
  }

  /** And nothing more. */
  SimulatedHostEnd ends() {
    endsAfter = true;
    return this;
  }

  /** How many bytes of the guest it takes from now on. */
  SimulatedHostEnd takes(int bytes) {
    takes = bytes;
    return this;
  }

  SimulatedHostEnd breaks() {
    broken = true;
    return this;
  }

  int left() {
    return toGive.remaining();
  }

  @Override
  public void refused() {
    events.add("refused");
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (broken) {
      throw new IOException("broken");
    }
    if (!toGive.hasRemaining()) {
      return endsAfter ? -1 : 0;
    }
    int count = Math.min(target.remaining(), toGive.remaining());
    target.put(toGive.slice(toGive.position(), count));
    toGive.position(toGive.position() + count);
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    if (broken) {
      throw new IOException("broken");
    }
    int count = Math.min(source.remaining(), takes);
    byte[] bytes = new byte[count];
    source.get(bytes);
    taken.writeBytes(bytes);
    takes -= takes == Integer.MAX_VALUE ? 0 : count;
    return count;
  }

  @Override
  public void finish() {
    events.add("finish");
  }

  @Override
  public void close() {
    events.add("close");
  }
}
