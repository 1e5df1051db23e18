package dev.beagle.node.network;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
    if (!Files.isReadable(ROUTES)) {
      return;
    }
    try {
      refuse(podCidr, ownInterface, Files.readAllLines(ROUTES, StandardCharsets.US_ASCII));
    } catch (IOException error) {
      throw Failure.internal("cannot read " + ROUTES, error);
    }
  }

  /** The lines are those of proc_net(5): interface, destination and mask in host order. */
  static void refuse(String podCidr, String ownInterface, List<String> lines) {
    int slash = podCidr.indexOf('/');
    long wanted = address(podCidr.substring(0, slash));
    long wantedMask = mask(Integer.parseInt(podCidr.substring(slash + 1)));
    for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length < 8 || fields[0].equals(ownInterface)) {
        continue;
      }
      long destination = swapped(fields[1]);
      long destinationMask = swapped(fields[7]);
      long common = wantedMask & destinationMask;
      if (destinationMask != 0 && (wanted & common) == (destination & common)) {
        throw Failure.alreadyExists(
            "pod network "
                + podCidr
                + " is already routed to interface "
                + fields[0]
                + " (another beagle, a VPN?); name another with network.podCidr");
      }
    }
  }

  private static long address(String dotted) {
    long value = 0;
    for (String part : dotted.split("\\.", -1)) {
      value = (value << 8) | Integer.parseInt(part);
    }
    return value;
  }

  private static long mask(int length) {
    return (0xffffffffL << (32 - length)) & 0xffffffffL;
  }

  private static long swapped(String hex) {
    return Integer.toUnsignedLong(Integer.reverseBytes(Integer.parseUnsignedInt(hex, 16)));
  }
}
