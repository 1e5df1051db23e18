package dev.beagle.runtime.virtio.net;

import dev.beagle.runtime.virtio.DescriptorChain;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Frames on their way to the switch, gathered so that one system call takes many. What the switch
 * does not take now stays and goes first later, so no frame is torn.
 */
final class FramesOut {
  static final int SMALLEST = 12 + 14;

  /** Header included, as the switch has it. */
  static final int LARGEST = 65_605;

  private static final int BYTES = 256 * 1024;

  /** What waits lies before the position. */
  private final ByteBuffer waiting = ByteBuffer.allocateDirect(BYTES);

  void clear() {
    waiting.clear();
  }

  /** Whether any frame would fit. */
  boolean hasRoom() {
    return waiting.remaining() >= Integer.BYTES + LARGEST;
  }

  /**
   * Adds a frame with its header, where there is room.
   *
   * @return false for what cannot be a frame
   */
  boolean add(DescriptorChain frame) {
    long length = frame.readableBytes();
    if (length < SMALLEST || length > LARGEST) {
      return false;
    }
    waiting.putInt((int) length);
    for (MemorySegment part : frame.readable()) {
      waiting.put(part.asByteBuffer());
    }
    return true;
  }

  /** Writes as much as is taken; whether that was all. */
  boolean flush(WritableByteChannel target) throws IOException {
    if (waiting.position() > 0) {
      waiting.flip();
      try {
        target.write(waiting);
      } finally {
        waiting.compact();
      }
    }
    return waiting.position() == 0;
  }
}
