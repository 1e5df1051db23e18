package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import dev.beagle.image.tar.TarReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * The image as a growing sequence of bytes behind one big buffer outside of the heap, so that a
 * write is one system call per megabyte and no copy. One thread.
 */
final class ImageOutput implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final FileChannel channel;
  private final long limit;
  private final Arena arena = Arena.ofConfined();
  private final ByteBuffer buffer =
      arena.allocate(BUFFER_BYTES, ErofsFormat.BLOCK).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  private final byte[] zeros = new byte[ErofsFormat.BLOCK];
  private long flushed;

  ImageOutput(FileChannel channel, long limit) {
    this.channel = channel;
    this.limit = limit;
  }

  /** Length of the image so far. */
  long position() {
    return flushed + buffer.position();
  }

  /** The block that the next byte goes into. */
  int block() {
    return (int) (position() / ErofsFormat.BLOCK);
  }

  /** The buffer with room for at least that many bytes, to be filled in place. */
  ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  void put(byte[] bytes) throws IOException {
    int done = 0;
    while (done < bytes.length) {
      int n = Math.min(bytes.length - done, room(1).remaining());
      buffer.put(bytes, done, n);
      done += n;
    }
  }

  void zeros(long count) throws IOException {
    long left = count;
    while (left > 0) {
      int n = (int) Math.min(Math.min(left, zeros.length), room(1).remaining());
      buffer.put(zeros, 0, n);
      left -= n;
    }
  }

  /** Zeros up to a multiple of the power of two. */
  void align(int powerOfTwo) throws IOException {
    zeros(-position() & (powerOfTwo - 1));
  }

  /** Moves that many bytes of the current tar entry. */
  void copy(TarReader data, long count) throws IOException {
    long left = count;
    while (left > 0) {
      ByteBuffer target = room(1);
      int whole = target.limit();
      target.limit((int) Math.min(whole, target.position() + left));
      int n = data.read(target);
      target.limit(whole);
      if (n < 0) {
        throw Failure.corrupted("tar entry has " + left + " bytes less than it says");
      }
      left -= n;
    }
  }

  void flush() throws IOException {
    buffer.flip();
    if (flushed + buffer.limit() > limit) {
      throw Failure.exhausted(
          "layer's image would be larger than " + (limit >> 20) + " MiB: raise the limit");
    }
    while (buffer.hasRemaining()) {
      flushed += channel.write(buffer);
    }
    buffer.clear();
  }

  /** Writes at a fixed place, apart from the sequence; everything before must be flushed. */
  void writeAt(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Frees the buffer; the channel stays open. */
  @Override
  public void close() {
    arena.close();
  }
}
