package dev.beagle.net.wire;

import java.nio.ByteBuffer;

/**
 * The Internet checksum (RFC 1071). Sums are carried unfolded in a long, so that parts can be added
 * in any order; a part of odd length may only be the last.
 */
public final class Checksum {
  private Checksum() {}

  /** The sum of bytes [from, to) of a big-endian buffer. */
  public static long sum(ByteBuffer buffer, int from, int to) {
    long sum = 0;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long word = buffer.getLong(at);
      sum += (word >>> 32) + (word & 0xFFFF_FFFFL);
    }
    for (; at + 2 <= to; at += 2) {
      sum += buffer.getShort(at) & 0xFFFF;
    }
    if (at < to) {
      sum += (buffer.get(at) & 0xFF) << 8;
    }
    return sum;
  }

  /** The sum of the pseudo header (RFC 9293 3.1, RFC 8200 8.1). */
  public static long pseudoHeader(
      IpAddress source, IpAddress destination, int protocol, int length) {
    long sum = protocol + (long) length;
    if (source.isIpv4()) {
      return sum + (source.ipv4() & 0xFFFF_FFFFL) + (destination.ipv4() & 0xFFFF_FFFFL);
    }
    return sum
        + halves(source.high())
        + halves(source.low())
        + halves(destination.high())
        + halves(destination.low());
  }

  private static long halves(long word) {
    return (word >>> 32) + (word & 0xFFFF_FFFFL);
  }

  /** Folds to 16 bits, not complemented: what NEEDS_CSUM wants in the checksum field. */
  public static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xFFFF) + (folded >>> 16);
    }
    return (int) folded;
  }

  /** Folds and complements: what stands in a header. */
  public static int finish(long sum) {
    return ~fold(sum) & 0xFFFF;
  }
}
