package dev.beagle.net.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An IPv4 or IPv6 address as 128 bits in network order; IPv4 is kept in its mapped form ({@code
 * ::ffff:a.b.c.d}), so that tables need one key type for both. Immutable.
 */
public record IpAddress(long high, long low) implements Comparable<IpAddress> {
  private static final long MAPPED = 0x0000_FFFF_0000_0000L;

  public static IpAddress ofIpv4(int bits) {
    return new IpAddress(0, MAPPED | (bits & 0xFFFF_FFFFL));
  }

  public static IpAddress of(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return ofIpv4((int) bits(bytes, 0, 4));
    }
    return new IpAddress(bits(bytes, 0, 8), bits(bytes, 8, 8));
  }

  /**
   * Reads an address literal; never asks a resolver.
   *
   * @throws IllegalArgumentException if it is not a literal
   */
  public static IpAddress parse(String text) {
    try {
      return of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException notLiteral) {
      throw new IllegalArgumentException("not an IP address: '" + text + "'", notLiteral);
    }
  }

  private static long bits(byte[] bytes, int from, int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 8 | (bytes[from + i] & 0xFF);
    }
    return value;
  }

  public boolean isIpv4() {
    return high == 0 && low >>> 32 == 0xFFFF;
  }

  /** The address as an IPv4 number; only for IPv4. */
  public int ipv4() {
    return (int) low;
  }

  /** 127/8, ::1, and what a kernel takes for it: 0/8 and ::. */
  public boolean isLoopbackOrUnspecified() {
    if (isIpv4()) {
      int first = ipv4() >>> 24;
      return first == 127 || first == 0;
    }
    return high == 0 && (low == 0 || low == 1);
  }

  /** Multicast, the limited broadcast, and the reserved class E. */
  public boolean isMulticastOrReserved() {
    return isIpv4() ? ipv4() >>> 28 >= 0xE : high >>> 56 == 0xFF;
  }

  public InetAddress toInetAddress() {
    byte[] bytes = new byte[isIpv4() ? 4 : 16];
    for (int i = 0; i < bytes.length; i++) {
      int fromEnd = bytes.length - 1 - i;
      bytes[i] = (byte) ((fromEnd < 8 ? low : high) >>> (8 * (fromEnd % 8)));
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public int compareTo(IpAddress other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  // Spelled out, because the generated ones cost a bootstrap each at start.
  @Override
  public boolean equals(Object other) {
    return other instanceof IpAddress that && high == that.high && low == that.low;
  }

  @Override
  public int hashCode() {
    long mixed = (high * 31 + low) * 0x9E37_79B9_7F4A_7C15L;
    return (int) (mixed >>> 32);
  }

  @Override
  public String toString() {
    if (isIpv4()) {
      int bits = ipv4();
      return (bits >>> 24)
          + "."
          + (bits >>> 16 & 0xFF)
          + "."
          + (bits >>> 8 & 0xFF)
          + "."
          + (bits & 0xFF);
    }
    return toInetAddress().getHostAddress();
  }
}
