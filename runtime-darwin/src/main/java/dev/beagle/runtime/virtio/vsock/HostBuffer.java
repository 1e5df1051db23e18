package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bytes of the guest that the host's end has not taken yet, and the credit that the guest has for
 * more. Memory is taken when it is needed and given back when it is empty. Belongs to the device's
 * worker thread.
 */
final class HostBuffer {
  /** What every stream tells the guest, as Linux does of its own. */
  static final int SIZE = 256 * 1024;

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  /** From the position on it is free; what waits lies before it. */
  private ByteBuffer waiting = EMPTY;

  private int received;
  private int forwarded;
  private int told;

  /** How many bytes the host has taken, for {@code fwd_cnt}; the guest is told by this. */
  int tell() {
    told = forwarded;
    return forwarded;
  }

  /** Whether the guest may soon have to wait for what it was not told. */
  boolean shouldTell() {
    return forwarded - told >= SIZE / 2;
  }

  boolean isEmpty() {
    return waiting.position() == 0;
  }

  /**
   * Takes a payload, and gives the host's end what it takes at once.
   *
   * @throws IOException what the host's end throws, or that it is more than the guest was granted
   */
  void add(ByteBuffer payload, HostEnd end) throws IOException {
    received += payload.remaining();
    // Of what was told, not of what is free: the guest knows no more.
    if (received - told > SIZE) {
      throw new IOException("the guest sends more than it was granted");
    }
    if (isEmpty()) {
      forwarded += end.write(payload);
    }
    if (payload.hasRemaining()) {
      if (waiting.remaining() < payload.remaining()) {
        waiting = ByteBuffer.allocate(SIZE).put(waiting.flip());
      }
      waiting.put(payload);
    }
  }

  /** Gives the host's end more, as far as it takes it. */
  void drain(HostEnd end) throws IOException {
    if (isEmpty()) {
      return;
    }
    waiting.flip();
    forwarded += end.write(waiting);
    waiting.compact();
    if (isEmpty()) {
      waiting = EMPTY;
    }
  }
}
