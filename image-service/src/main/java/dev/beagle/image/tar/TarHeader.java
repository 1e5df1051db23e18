package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.util.Arrays;

/**
 * Fields of one 512-byte header, POSIX.1-2017 pax, "ustar Interchange Format", with the GNU
 * dialect. Reused for every header; one thread.
 */
final class TarHeader {
  final byte[] block = new byte[TarInput.BLOCK];

  boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Old tars summed signed characters, so both sums are right. */
  boolean checksumMatches(long offset) {
    int unsigned = 0;
    int signed = 0;
    for (int i = 0; i < block.length; i++) {
      byte b = i >= 148 && i < 156 ? (byte) ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    long stored = number(148, 8, "checksum", offset);
    return stored == unsigned || stored == signed;
  }

  char typeFlag() {
    return (char) (block[156] & 0xff);
  }

  boolean isGnu() {
    return matches(257, "ustar  \0");
  }

  private boolean isUstar() {
    return matches(257, "ustar\0");
  }

  private boolean matches(int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (block[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The name field, behind the ustar prefix where there is one. */
  byte[] path() {
    byte[] name = text(0, 100);
    if (!isUstar()) {
      return name;
    }
    byte[] prefix = text(345, matches(508, "tar\0") ? 131 : 155);
    if (prefix.length == 0) {
      return name;
    }
    byte[] path = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    path[prefix.length] = '/';
    System.arraycopy(name, 0, path, prefix.length + 1, name.length);
    return path;
  }

  byte[] linkTarget() {
    return text(157, 100);
  }

  /** Bytes up to the first NUL. */
  private byte[] text(int at, int length) {
    int end = at;
    while (end < at + length && block[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(block, at, end);
  }

  /** An octal number, or a base-256 one in two's complement (GNU) when the top bit is set. */
  long number(int at, int length, String field, long offset) {
    return (block[at] & 0x80) != 0
        ? binary(at, length, field, offset)
        : octal(at, length, field, offset);
  }

  private long binary(int at, int length, String field, long offset) {
    // Bit 6 of the first byte is the sign; bit 7 only marks the encoding.
    int first = (block[at] & 0x40) != 0 ? block[at] | 0x80 : block[at] & 0x7f;
    long value = (byte) first;
    for (int i = 1; i < length; i++) {
      if (value > Long.MAX_VALUE >> 8 || value < Long.MIN_VALUE >> 8) {
        throw bad(field, offset);
      }
      value = (value << 8) | (block[at + i] & 0xff);
    }
    return value;
  }

  private long octal(int at, int length, String field, long offset) {
    int from = at;
    int to = at + length;
    while (from < to && (block[from] == ' ' || block[from] == 0)) {
      from++;
    }
    while (to > from && (block[to - 1] == ' ' || block[to - 1] == 0)) {
      to--;
    }
    long value = 0;
    for (int i = from; i < to && block[i] != 0; i++) {
      if (block[i] < '0' || block[i] > '7') {
        throw bad(field, offset);
      }
      value = (value << 3) | (block[i] - '0');
    }
    return value;
  }

  private static Failure bad(String field, long offset) {
    return Failure.corrupted(
        "tar header at byte " + offset + ": the field " + field + " is not a number");
  }
}
