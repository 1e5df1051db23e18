package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;

/** Reads at any offset of an image, never beyond its end. Thread-safe. */
final class ImageInput implements AutoCloseable {
  private final FileChannel channel;
  private final String name;
  private final long length;

  ImageInput(FileChannel channel, String name) throws IOException {
    this.channel = channel;
    this.name = name;
    this.length = channel.size();
  }

  long length() {
    return length;
  }

  /** A little-endian buffer over the bytes, ready to be read from. */
  ByteBuffer read(long offset, int count) {
    check(offset, count);
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    readInto(bytes, offset);
    return bytes.flip();
  }

  /** Fills the buffer up to its limit. */
  void readInto(ByteBuffer target, long offset) {
    check(offset, target.remaining());
    long at = offset;
    try {
      while (target.hasRemaining()) {
        int n = channel.read(target, at);
        if (n < 0) {
          throw corrupted("it became shorter while it was read");
        }
        at += n;
      }
    } catch (ClosedByInterruptException interrupted) {
      throw Failure.cancelled("interrupted while reading " + name);
    } catch (IOException error) {
      throw Failure.internal(name + " cannot be read: " + error.getMessage(), error);
    }
  }

  private void check(long offset, long count) {
    if (offset < 0 || count < 0 || offset > length - count) {
      throw corrupted("it points to byte " + offset + ", beyond its end");
    }
  }

  Failure corrupted(String reason) {
    return Failure.corrupted("EROFS image " + name + ": " + reason);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException error) {
      throw Failure.internal(name + " cannot be closed: " + error.getMessage(), error);
    }
  }
}
