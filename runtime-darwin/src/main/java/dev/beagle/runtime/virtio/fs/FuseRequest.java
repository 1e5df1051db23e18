package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.virtio.DescriptorChain;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A request as it was when it was copied: header, and arguments that are read in order. */
final class FuseRequest {
  static final int HEADER = 40;

  /** More than any request that reads has; of a longer one the rest is not looked at. */
  private static final int MOST_BYTES = 64 * 1024;

  private static final int LONGEST_NAME = 1024;

  final int length;
  final int opcode;
  final long unique;
  final long node;
  private final ByteBuffer arguments;

  private FuseRequest(ByteBuffer bytes) {
    length = bytes.getInt();
    opcode = bytes.getInt();
    unique = bytes.getLong();
    node = bytes.getLong();
    arguments = bytes.position(HEADER).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Copies one, so that what is checked is what is used.
   *
   * @throws Errno EINVAL where there is not even a header
   */
  static FuseRequest of(DescriptorChain chain) throws Errno {
    int length = (int) Math.min(chain.readableBytes(), MOST_BYTES);
    if (length < HEADER) {
      throw new Errno(Errno.EINVAL);
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    for (MemorySegment part : chain.readable()) {
      bytes.put(part.asSlice(0, Math.min(part.byteSize(), bytes.remaining())).asByteBuffer());
    }
    return new FuseRequest(bytes.flip());
  }

  /** Whether the length it tells is that of what was sent. */
  boolean whole(DescriptorChain chain) {
    return length == chain.readableBytes() && length - HEADER == arguments.limit();
  }

  int number() throws Errno {
    need(Integer.BYTES);
    return arguments.getInt();
  }

  long wide() throws Errno {
    need(Long.BYTES);
    return arguments.getLong();
  }

  private void need(int bytes) throws Errno {
    if (arguments.remaining() < bytes) {
      throw new Errno(Errno.EINVAL);
    }
  }

  /** One component of a path, zero-terminated. */
  byte[] name() throws Errno {
    int start = arguments.position();
    int end = start;
    while (end < arguments.limit() && arguments.get(end) != 0) {
      if (arguments.get(end) == '/') {
        throw new Errno(Errno.EINVAL);
      }
      end++;
    }
    if (end == arguments.limit() || end == start) {
      throw new Errno(Errno.EINVAL);
    }
    if (end - start > LONGEST_NAME) {
      throw new Errno(Errno.ENAMETOOLONG);
    }
    byte[] name = Arrays.copyOfRange(arguments.array(), offset(start), offset(end));
    arguments.position(end + 1);
    if (name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'))) {
      throw new Errno(Errno.EINVAL);
    }
    return name;
  }

  private int offset(int at) {
    return arguments.arrayOffset() + at;
  }
}
