package dev.beagle.guestimage.deb;

import dev.beagle.failure.Failure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends what unpacks to more than it may: a few bytes can be gigabytes. */
final class LimitedInput extends FilterInputStream {
  private final long limitBytes;
  private long left;

  LimitedInput(InputStream in, long limitBytes) {
    super(in);
    this.limitBytes = limitBytes;
    left = limitBytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    left -= Math.max(count, 0);
    if (left < 0) {
      throw Failure.corrupted("it unpacks to more than %d bytes".formatted(limitBytes));
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] piece = new byte[(int) Math.min(count, 1 << 16)];
    return Math.max(read(piece, 0, piece.length), 0);
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
