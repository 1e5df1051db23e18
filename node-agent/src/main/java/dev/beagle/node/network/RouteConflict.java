package dev.beagle.node.network;

import dev.beagle.failure.Failure;
import dev.beagle.net.wire.IpPrefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether the pods' network is somebody else's on this host already: another node's, a VPN's. Two
 * routes for one network would send the host's packets to whichever came first, in silence.
 */
public final class RouteConflict {
  private static final Path ROUTES = Path.of("/proc/net/route");

  private RouteConflict() {}

  /**
   * @param podCidr {@code ADDRESS/LENGTH}, IPv4
   * @param ownInterface whose routes are ours
   * @throws Failure ALREADY_EXISTS naming the interface and the way out
   */
  public static void refuse(String podCidr, String ownInterface) {
    holder(podCidr, ownInterface, routes())
        .ifPresent(holder -> {
          throw Failure.alreadyExists(
              "pod network "
                  + podCidr
                  + " is already routed to interface "
                  + holder
                  + " (another beagle, a VPN?); name another with network.podCidr");
        });
  }

  /** Whether nobody on this host has the network. */
  public static boolean isFree(String podCidr) {
    return holder(podCidr, "", routes()).isEmpty();
  }

  private static List<String> routes() {
    if (!Files.isReadable(ROUTES)) {
      return List.of();
    }
    try {
      return Files.readAllLines(ROUTES, StandardCharsets.US_ASCII);
    } catch (IOException error) {
      throw Failure.internal("cannot read " + ROUTES, error);
    }
  }

  /**
   * The interface that has the network, unless it is ours.
   *
   * @param lines those of proc_net(5): interface, destination and mask in host order
   */
  static Optional<String> holder(String podCidr, String ownInterface, List<String> lines) {
    IpPrefix pods = IpPrefix.parse(podCidr);
    int podMask = -1 << (32 - pods.length());
    for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length < 8 || fields[0].equals(ownInterface)) {
        continue;
      }
      int destination = swapped(fields[1]);
      int mask = swapped(fields[7]);
      if (mask != 0 && ((pods.base().ipv4() ^ destination) & podMask & mask) == 0) {
        return Optional.of(fields[0]);
      }
    }
    return Optional.empty();
  }

  private static int swapped(String hex) {
    return Integer.reverseBytes(Integer.parseUnsignedInt(hex, 16));
  }
}
