package dev.beagle.net.wire;

/** An Ethernet address in the low 48 bits. */
public record MacAddress(long bits) {
  public static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException("MAC address " + Long.toHexString(bits));
    }
  }

  /**
   * Reads {@code aa:bb:cc:dd:ee:ff}.
   *
   * @throws IllegalArgumentException if it is not that
   */
  public static MacAddress parse(String text) {
    String[] parts = text.split(":", -1);
    long bits = 0;
    for (String part : parts) {
      if (parts.length != 6 || part.length() != 2) {
        throw new IllegalArgumentException("not a MAC address: '" + text + "'");
      }
      bits = bits << 8 | Integer.parseInt(part, 16);
    }
    return new MacAddress(bits);
  }

  /** Broadcast and multicast frames carry this bit in the destination. */
  public static boolean isGroup(long bits) {
    return (bits >>> 40 & 1) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MacAddress that && bits == that.bits;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bits);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      int octet = (int) (bits >>> shift) & 0xFF;
      text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
      if (shift > 0) {
        text.append(':');
      }
    }
    return text.toString();
  }
}
