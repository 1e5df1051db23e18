package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** The archive as a buffered sequence of bytes and of 512-byte blocks. One thread. */
final class TarInput {
  static final int BLOCK = 512;
  private static final int BUFFER_BYTES = 256 << 10;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long consumed;

  TarInput(InputStream in) {
    this.in = in;
  }

  /** Bytes handed out or skipped so far, for messages. */
  long offset() {
    return consumed;
  }

  /** Fills the block; false at the end of the stream. */
  boolean readBlock(byte[] block) throws IOException {
    if (position == limit && !fill()) {
      return false;
    }
    readFully(block, 0, BLOCK);
    return true;
  }

  void readFully(byte[] target, int from, int length) throws IOException {
    int done = 0;
    while (done < length) {
      requireMore();
      int n = Math.min(length - done, limit - position);
      System.arraycopy(buffer, position, target, from + done, n);
      advance(n);
      done += n;
    }
  }

  /** Moves at least one and at most {@code max} bytes into the target. */
  int read(ByteBuffer target, long max) throws IOException {
    requireMore();
    int n = (int) Math.min(Math.min(max, target.remaining()), limit - position);
    target.put(buffer, position, n);
    advance(n);
    return n;
  }

  int readByte() throws IOException {
    requireMore();
    int value = buffer[position] & 0xff;
    advance(1);
    return value;
  }

  void skip(long length) throws IOException {
    long left = length;
    while (left > 0) {
      requireMore();
      int n = (int) Math.min(left, limit - position);
      advance(n);
      left -= n;
    }
  }

  private void advance(int n) {
    position += n;
    consumed += n;
  }

  private void requireMore() throws IOException {
    if (position == limit && !fill()) {
      throw Failure.corrupted("tar archive ends in the middle of an entry, at byte " + consumed);
    }
  }

  private boolean fill() throws IOException {
    int n = in.read(buffer, 0, buffer.length);
    position = 0;
    limit = Math.max(n, 0);
    if (n == 0) {
      throw new IOException("stream returned no bytes for a read of " + buffer.length);
    }
    return n > 0;
  }
}
