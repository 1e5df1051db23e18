package dev.beagle.image.registry;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Who is reached without a proxy (the rules of Go's {@code NO_PROXY}). What cannot be read is left
 * out, as Go does. Immutable.
 */
record NoProxy(List<Rule> rules) {
  private static final int ANY_PORT = -1;

  NoProxy {
    rules = List.copyOf(rules);
  }

  static NoProxy parse(String text) {
    List<Rule> rules = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String entry = part.strip().toLowerCase(Locale.ROOT);
      if (!entry.isEmpty()) {
        add(entry, rules);
      }
    }
    return new NoProxy(rules);
  }

  private static void add(String entry, List<Rule> rules) {
    if (entry.equals("*")) {
      rules.add(new Everybody());
      return;
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      addNetwork(entry.substring(0, slash), entry.substring(slash + 1), rules);
      return;
    }
    String host = entry;
    int port = ANY_PORT;
    int colon = entry.lastIndexOf(':');
    boolean withPort = colon > 0 && (entry.indexOf(':') == colon || entry.charAt(colon - 1) == ']');
    if (withPort) {
      port = number(entry.substring(colon + 1), 65_535);
      if (port < 0) {
        return;
      }
      host = entry.substring(0, colon);
    }
    host = host.replaceFirst("^\\[(.*)]$", "$1");
    byte[] address = literal(host);
    if (address.length > 0) {
      rules.add(new Network(address, address.length * Byte.SIZE, port));
    } else if (host.startsWith("*.")) {
      rules.add(new Domain(host.substring(1), false, port));
    } else if (host.startsWith(".")) {
      rules.add(new Domain(host, false, port));
    } else {
      rules.add(new Domain("." + host, true, port));
    }
  }

  private static void addNetwork(String base, String length, List<Rule> rules) {
    byte[] address = literal(base);
    int bits = number(length, address.length * Byte.SIZE);
    if (address.length > 0 && bits >= 0) {
      rules.add(new Network(address, bits, ANY_PORT));
    }
  }

  private static int number(String text, int most) {
    if (!text.matches("[0-9]{1,5}")) {
      return -1;
    }
    int value = Integer.parseInt(text);
    return value <= most ? value : -1;
  }

  /** The address that the text writes out; empty for a name, which is never resolved here. */
  private static byte[] literal(String host) {
    if (!host.matches("[0-9a-f:.%]*[:.][0-9a-f:.%]*")) {
      return new byte[0];
    }
    try {
      return InetAddress.ofLiteral(host).getAddress();
    } catch (IllegalArgumentException name) {
      return new byte[0];
    }
  }

  /**
   * @param host in lower case, without brackets
   */
  boolean covers(String host, int port) {
    byte[] address = literal(host);
    if (host.equals("localhost") || isLoopback(address)) {
      return true;
    }
    return rules.stream().anyMatch(rule -> rule.covers(host, address, port));
  }

  private static boolean isLoopback(byte[] address) {
    if (address.length == 4) {
      return address[0] == 127;
    }
    for (int i = 0; i < address.length; i++) {
      if (address[i] != (i == 15 ? 1 : 0)) {
        return false;
      }
    }
    return address.length == 16;
  }

  /** One entry. */
  sealed interface Rule {
    /**
     * @param address of a host that is written as one, else empty
     */
    boolean covers(String host, byte[] address, int port);
  }

  private record Everybody() implements Rule {
    @Override
    public boolean covers(String host, byte[] address, int port) {
      return true;
    }
  }

  /** An address is a network of all its bits. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared nor changed.
  private record Network(byte[] base, int bits, int onlyPort) implements Rule {
    @Override
    public boolean covers(String host, byte[] address, int port) {
      if (address.length != base.length || (onlyPort != ANY_PORT && onlyPort != port)) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % Byte.SIZE);
        if ((address[bit / Byte.SIZE] & mask) != (base[bit / Byte.SIZE] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * @param suffix with a dot before it
   * @param itself whether the domain's own name counts
   */
  private record Domain(String suffix, boolean itself, int onlyPort) implements Rule {
    @Override
    public boolean covers(String host, byte[] address, int port) {
      boolean named = host.endsWith(suffix) || (itself && host.equals(suffix.substring(1)));
      return named && (onlyPort == ANY_PORT || onlyPort == port);
    }
  }
}
