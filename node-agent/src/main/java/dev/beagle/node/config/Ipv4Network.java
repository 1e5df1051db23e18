package dev.beagle.node.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An IPv4 network in CIDR notation; address bits beyond the prefix are zero. */
record Ipv4Network(int address, int prefixLength) {
  private static final Pattern CIDR =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");

  static Optional<Ipv4Network> parse(String text) {
    Matcher matcher = CIDR.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int address = 0;
    for (int group = 1; group <= 4; group++) {
      int octet = Integer.parseInt(matcher.group(group));
      if (octet > 255) {
        return Optional.empty();
      }
      address = address << 8 | octet;
    }
    int prefixLength = Integer.parseInt(matcher.group(5));
    boolean hostBits = prefixLength < 32 && address << prefixLength != 0;
    if (prefixLength > 32 || hostBits) {
      return Optional.empty();
    }
    return Optional.of(new Ipv4Network(address, prefixLength));
  }

  @Override
  public String toString() {
    return "%d.%d.%d.%d/%d"
        .formatted(
            address >>> 24,
            address >>> 16 & 0xff,
            address >>> 8 & 0xff,
            address & 0xff,
            prefixLength);
  }
}
