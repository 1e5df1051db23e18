package dev.beagle.image.pull;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads gzip of any number of members to the very end of the stream (RFC 1952). The JDK's own takes
 * a pause of the network for the end of the last member. Confined to one thread.
 */
final class GzipStream extends InputStream {
  private static final int BUFFER = 64 << 10;
  private static final int HEADER_CRC = 1 << 1;
  private static final int EXTRA = 1 << 2;
  private static final int NAME = 1 << 3;
  private static final int COMMENT = 1 << 4;
  private static final int RESERVED = 0xe0;
  private static final int MAX_TEXT = 64 << 10;

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private boolean inMember;
  private boolean ended;

  GzipStream(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      if (!inMember && !beginMember()) {
        return -1;
      }
      int count = inflate(target, offset, length);
      if (count > 0) {
        crc.update(target, offset, count);
        return count;
      }
    }
    return -1;
  }

  private int inflate(byte[] target, int offset, int length) throws IOException {
    try {
      int count = inflater.inflate(target, offset, length);
      if (count > 0) {
        return count;
      }
      if (inflater.finished()) {
        endMember();
      } else if (inflater.needsDictionary()) {
        throw new IOException("gzip: a preset dictionary is not allowed");
      } else if (inflater.needsInput()) {
        if (!fill()) {
          throw new EOFException("gzip: the stream ends within a member");
        }
        inflater.setInput(buffer, position, limit - position);
        position = limit;
      }
      return 0;
    } catch (DataFormatException invalid) {
      throw new IOException("gzip: " + invalid.getMessage(), invalid);
    }
  }

  /** Reads a member's header; false at the end of the stream. */
  private boolean beginMember() throws IOException {
    if (position == limit && !fill()) {
      ended = true;
      return false;
    }
    if (next() != 0x1f || next() != 0x8b) {
      throw new IOException("gzip: what follows is no member");
    }
    if (next() != 8) {
      throw new IOException("gzip: unknown compression method");
    }
    int flags = next();
    if ((flags & RESERVED) != 0) {
      throw new IOException("gzip: reserved flags are set");
    }
    skip(6);
    if ((flags & EXTRA) != 0) {
      skip(next() | next() << 8);
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.reset();
    inflater.setInput(buffer, position, limit - position);
    position = limit;
    crc.reset();
    inMember = true;
    return true;
  }

  private void endMember() throws IOException {
    position = limit - inflater.getRemaining();
    if (next4() != crc.getValue()) {
      throw new IOException("gzip: wrong checksum");
    }
    if (next4() != (inflater.getBytesWritten() & 0xffffffffL)) {
      throw new IOException("gzip: wrong length");
    }
    inMember = false;
  }

  private long next4() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private int next() throws IOException {
    if (position == limit && !fill()) {
      throw new EOFException("gzip: the stream ends within a header");
    }
    return buffer[position++] & 0xff;
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    for (int length = 0; next() != 0; length++) {
      if (length > MAX_TEXT) {
        throw new IOException("gzip: endless name or comment");
      }
    }
  }

  private boolean fill() throws IOException {
    int count;
    do {
      count = in.read(buffer, 0, buffer.length);
    } while (count == 0);
    position = 0;
    limit = Math.max(count, 0);
    return count > 0;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
