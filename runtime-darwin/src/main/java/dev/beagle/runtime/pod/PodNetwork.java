package dev.beagle.runtime.pod;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * A sandbox's place in the network.
 *
 * @param mac {@code 02:..}, six colon-separated bytes
 * @param addresses primary first
 * @param gateway the default route of the first address's family
 * @param resolver where pods without DNS of their own ask
 * @param port the switch's Unix socket for ports
 * @param portName what the port announces itself as
 * @param token what proves it, 32 hexadecimal digits
 */
public record PodNetwork(
    String mac,
    int mtu,
    List<Address> addresses,
    InetAddress gateway,
    InetAddress resolver,
    Path port,
    String portName,
    String token) {
  public PodNetwork {
    addresses = List.copyOf(addresses);
  }

  /** An address with its prefix length. */
  public record Address(InetAddress address, int prefixLength) {}
}
