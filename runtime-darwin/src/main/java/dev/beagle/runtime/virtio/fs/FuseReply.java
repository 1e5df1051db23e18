package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.HostErrno;
import dev.beagle.runtime.posix.HostFiles;
import dev.beagle.runtime.virtio.DescriptorChain;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The answer to one request, in the guest's buffers. Its length is the one the driver is told. */
final class FuseReply {
  static final int HEADER = 16;

  private final DescriptorChain chain;
  private final long unique;

  FuseReply(DescriptorChain chain, long unique) {
    this.chain = chain;
    this.unique = unique;
  }

  /** How many bytes a body may have. */
  int room() {
    return Math.clamp(chain.writableBytes() - HEADER, 0, 1 << 20);
  }

  /** Without a body, where there is room for a header: FORGET has none. */
  long fail(int errno) {
    return chain.writableBytes() < HEADER ? 0 : header(0, -errno);
  }

  /**
   * @param body flipped
   */
  long body(ByteBuffer body) {
    if (chain.writableBytes() < (long) HEADER + body.remaining()) {
      return fail(Errno.EIO);
    }
    int length = body.remaining();
    put(body, HEADER);
    return header(length, 0);
  }

  /** A part of a file, read into the guest's memory itself. */
  long file(Descriptor file, long offset, int most) throws HostErrno {
    if (chain.writableBytes() < HEADER) {
      return 0;
    }
    long skip = HEADER;
    long done = 0;
    int wanted = Math.min(most, room());
    for (MemorySegment part : chain.writable()) {
      long from = Math.min(skip, part.byteSize());
      skip -= from;
      long count = Math.min(part.byteSize() - from, wanted - done);
      if (count > 0) {
        long read = HostFiles.read(file, part.asSlice(from, count), offset + done);
        done += read;
        if (read < count) {
          break;
        }
      }
    }
    return header((int) done, 0);
  }

  private long header(int bodyBytes, int error) {
    ByteBuffer header =
        ByteBuffer.allocate(HEADER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(HEADER + bodyBytes)
            .putInt(error)
            .putLong(unique)
            .flip();
    put(header, 0);
    return HEADER + (long) bodyBytes;
  }

  private void put(ByteBuffer bytes, long at) {
    long skip = at;
    for (MemorySegment part : chain.writable()) {
      long from = Math.min(skip, part.byteSize());
      skip -= from;
      int count = (int) Math.min(part.byteSize() - from, bytes.remaining());
      part.asSlice(from, count).asByteBuffer().put(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
    }
  }
}
