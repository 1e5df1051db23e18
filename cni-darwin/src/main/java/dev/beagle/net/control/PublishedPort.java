package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.JsonText.JsonObject;
import dev.beagle.net.gateway.PortForwards.Listening;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.util.Locale;

/**
 * A port of the host that leads to a port of a pod.
 *
 * @param hostAddress a literal of the host; empty for all its addresses
 */
public record PublishedPort(Protocol protocol, String hostAddress, int hostPort, int podPort) {
  /** Transport protocols that can be published. */
  public enum Protocol {
    TCP,
    UDP
  }

  /**
   * Checks the numbers and the address.
   *
   * @throws Failure INVALID_ARGUMENT
   */
  public PublishedPort {
    if (hostPort < 1 || hostPort > 0xFFFF || podPort < 1 || podPort > 0xFFFF) {
      throw Failure.invalidArgument(
          "host port " + hostPort + " to " + podPort + ": ports are from 1 to 65535");
    }
    if (!hostAddress.isEmpty()) {
      try {
        hostAddress = normalized(IpAddress.parse(hostAddress));
      } catch (IllegalArgumentException notLiteral) {
        throw Failure.of(
            dev.beagle.failure.FailureKind.INVALID_ARGUMENT,
            "host address of host port "
                + hostPort
                + ": '"
                + hostAddress
                + "' is not an IP address",
            notLiteral);
      }
    }
  }

  private static String normalized(IpAddress address) {
    boolean any =
        address.isIpv4() ? address.ipv4() == 0 : address.high() == 0 && address.low() == 0;
    return any ? "" : address.toString();
  }

  Listening listening() {
    return new Listening(
        protocol == Protocol.UDP ? PacketView.UDP : PacketView.TCP,
        hostAddress.isEmpty() ? null : IpAddress.parse(hostAddress),
        hostPort);
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("protocol", protocol.name().toLowerCase(Locale.ROOT))
        .put("host_address", hostAddress)
        .put("host_port", hostPort)
        .put("pod_port", podPort);
  }

  static PublishedPort fromJson(JsonObject json) {
    String protocol = json.string("protocol");
    if (!protocol.equals("tcp") && !protocol.equals("udp")) {
      throw Failure.invalidArgument(
          "protocol '" + protocol + "' cannot be published; tcp and udp can");
    }
    return new PublishedPort(
        protocol.equals("udp") ? Protocol.UDP : Protocol.TCP,
        json.string("host_address"),
        json.integer("host_port", 1, 0xFFFF),
        json.integer("pod_port", 1, 0xFFFF));
  }
}
