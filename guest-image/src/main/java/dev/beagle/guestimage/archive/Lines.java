package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads lines that may not be of any length. Confined to one thread. */
final class Lines {
  private static final int LINE_BYTES = 1 << 20;

  private final InputStream in;
  private final byte[] piece = new byte[1 << 16];
  private int at;
  private int end;

  /** The line so far, where it began in a piece before. */
  private byte[] line = new byte[1 << 12];

  private int lineBytes;

  Lines(InputStream in) {
    this.in = in;
  }

  /**
   * Without its end; null behind the last one.
   *
   * @throws Failure CORRUPTED for a line of more than 1 MiB
   */
  @Nullable String next() throws IOException {
    lineBytes = 0;
    while (true) {
      if (at == end) {
        end = in.read(piece);
        at = 0;
        if (end < 0) {
          end = 0;
          return lineBytes == 0 ? null : text();
        }
      }
      int start = at;
      while (at < end && piece[at] != '\n') {
        at++;
      }
      keep(start, at - start);
      if (at < end) {
        at++;
        return text();
      }
    }
  }

  private void keep(int start, int count) {
    if (lineBytes + count > LINE_BYTES) {
      throw Failure.corrupted("a line has more than %d bytes".formatted(LINE_BYTES));
    }
    if (lineBytes + count > line.length) {
      line = Arrays.copyOf(line, Math.max(lineBytes + count, line.length * 2));
    }
    System.arraycopy(piece, start, line, lineBytes, count);
    lineBytes += count;
  }

  private String text() {
    return new String(line, 0, lineBytes, StandardCharsets.UTF_8);
  }
}
