package dev.beagle.runtime.virtio.net;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/** Frames of the switch, read many at once; one of them is the next. */
final class FramesIn {
  /** Of virtio, in front of each frame. */
  static final int HEADER = 12;

  private static final int NEEDS_CSUM = 1;
  private static final int TSO4 = 1;
  private static final int TSO6 = 4;
  private static final int GSO_TYPE = 1;
  private static final int BUFFER_COUNT = 10;
  private static final int BYTES = 256 * 1024;

  /** From the position to the limit lies what was read and not yet given away. */
  private final ByteBuffer read = ByteBuffer.allocateDirect(BYTES).limit(0);

  private int length;
  private int copied;

  void clear() {
    read.clear().limit(0);
    length = 0;
  }

  /**
   * Finds the next frame, reading where there is none.
   *
   * @return false when there is none just now
   * @throws IOException when the switch is gone, or out of step
   */
  boolean next(ReadableByteChannel source) throws IOException {
    while (length == 0) {
      if (!whole()) {
        read.compact();
        int count = source.read(read);
        read.flip();
        if (count < 0) {
          throw new IOException("the switch closed the connection");
        }
        if (count == 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether a whole frame is there; it then is the next. */
  private boolean whole() throws IOException {
    if (read.remaining() < Integer.BYTES) {
      return false;
    }
    int told = read.getInt(read.position());
    if (told < FramesOut.SMALLEST || told > FramesOut.LARGEST) {
      throw new IOException("the switch sent a frame of %d bytes".formatted(told));
    }
    if (read.remaining() < Integer.BYTES + told) {
      return false;
    }
    read.position(read.position() + Integer.BYTES);
    length = told;
    copied = 0;
    return true;
  }

  /** Of the frame and its header. */
  int length() {
    return length;
  }

  /** What a driver must have accepted to be given the frame; a bit that nobody offers for never. */
  long neededFeatures() {
    int at = read.position();
    long needed = (read.get(at) & NEEDS_CSUM) != 0 ? NetDevice.GUEST_CSUM : 0;
    return needed
        | switch (read.get(at + GSO_TYPE)) {
          case 0 -> 0;
          case TSO4 -> NetDevice.GUEST_TSO4;
          case TSO6 -> NetDevice.GUEST_TSO6;
          default -> 1L << 63;
        };
  }

  /** Says in the header how many buffers the frame lies in. */
  void bufferCount(int count) {
    read.order(ByteOrder.LITTLE_ENDIAN)
        .putShort(read.position() + BUFFER_COUNT, (short) count)
        .order(ByteOrder.BIG_ENDIAN);
  }

  /** Copies what is left of the frame, as far as it fits; how much that was. */
  int copyTo(MemorySegment target) {
    int count = (int) Math.min(target.byteSize(), length - copied);
    target.asSlice(0, count).asByteBuffer().put(read.slice(read.position() + copied, count));
    copied += count;
    return count;
  }

  /** The frame is done with. */
  void skip() {
    read.position(read.position() + length);
    length = 0;
  }
}
