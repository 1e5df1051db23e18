package dev.beagle.net.wire;

/** A range of addresses such as {@code 10.88.0.0/16}; bits after the prefix are zero. */
public record IpPrefix(IpAddress base, int length) {
  public IpPrefix {
    int bits = base.isIpv4() ? 32 : 128;
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException("prefix length " + length + " of " + base);
    }
    if (!mask(base, length).equals(base)) {
      throw new IllegalArgumentException(
          base
              + "/"
              + length
              + " has bits after its prefix; "
              + mask(base, length)
              + " was meant?");
    }
  }

  /**
   * Reads {@code address/length}.
   *
   * @throws IllegalArgumentException naming what is wrong
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("'" + text + "' is not ADDRESS/LENGTH");
    }
    try {
      return new IpPrefix(
          IpAddress.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    } catch (NumberFormatException wrong) {
      throw new IllegalArgumentException("'" + text + "' is not ADDRESS/LENGTH", wrong);
    }
  }

  public boolean contains(IpAddress address) {
    return address.isIpv4() == base.isIpv4() && mask(address, length).equals(base);
  }

  private static IpAddress mask(IpAddress address, int length) {
    if (address.isIpv4()) {
      return IpAddress.ofIpv4(length == 0 ? 0 : address.ipv4() & -1 << (32 - length));
    }
    long high =
        length == 0 ? 0 : length >= 64 ? address.high() : address.high() & -1L << (64 - length);
    long low = length <= 64 ? 0 : address.low() & -1L << (128 - length);
    return new IpAddress(high, low);
  }

  @Override
  public String toString() {
    return base + "/" + length;
  }
}
