package dev.beagle.net.link;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What may go from a pod to the host interface: answers only. The host dials pods through that
 * port; a pod that wants the host goes through the gateway to another of the host's addresses, and
 * appears there as the host itself, not as a peer on its network.
 *
 * <p>For TCP no memory is needed, so that connections survive a new switch: what opens a connection
 * (SYN without ACK) is dropped, the host's kernel refuses the rest if it knows nothing of it. UDP
 * and echo are let through for a while after the host sent the like. Fragments are dropped: a
 * fragment can hide a SYN (RFC 3128).
 */
final class HostGuard {
  private static final long REMEMBERED_NANOS = 180_000_000_000L;
  private static final int REMEMBERED_FLOWS = 16_384;
  private static final int ECHO_REPLY = 0;
  private static final int UNREACHABLE = 3;
  private static final int ECHO_REQUEST = 8;
  private static final int TIME_EXCEEDED = 11;

  private final LongSupplier now;
  private final Map<FlowKey, Long> lastSent =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FlowKey, Long> eldest) {
          return size() > REMEMBERED_FLOWS;
        }
      };

  HostGuard(LongSupplier now) {
    this.now = now;
  }

  /** The host sent this to a pod. */
  void sent(PacketView packet) {
    int transport = packet.transport();
    ByteBuffer buffer = packet.buffer();
    if (packet.protocol() == PacketView.UDP
        && !packet.isFragment()
        && packet.transportLength() >= 8) {
      remember(
          packet, buffer.getShort(transport + 2) & 0xFFFF, buffer.getShort(transport) & 0xFFFF);
    } else if (packet.protocol() == PacketView.ICMP
        && packet.transportLength() >= 8
        && buffer.get(transport) == ECHO_REQUEST) {
      remember(packet, buffer.getShort(transport + 4) & 0xFFFF, 0);
    }
  }

  private void remember(PacketView packet, int guestPort, int hostPort) {
    FlowKey key =
        new FlowKey(packet.protocol(), packet.destination(), guestPort, packet.source(), hostPort);
    lastSent.put(key, now.getAsLong());
  }

  /** Whether a pod's packet may reach the host interface. */
  boolean admits(PacketView packet, SwitchPort host) {
    if (!host.owns(packet.destination()) || packet.isFragment()) {
      return false;
    }
    int transport = packet.transport();
    ByteBuffer buffer = packet.buffer();
    return switch (packet.protocol()) {
      case PacketView.TCP ->
          packet.transportLength() >= TcpHeader.LENGTH
              && (buffer.get(transport + 13) & (TcpHeader.SYN | TcpHeader.ACK)) != TcpHeader.SYN;
      case PacketView.UDP ->
          packet.transportLength() >= 8
              && remembered(
                  packet,
                  buffer.getShort(transport) & 0xFFFF,
                  buffer.getShort(transport + 2) & 0xFFFF);
      case PacketView.ICMP ->
          packet.transportLength() >= 8 && admitsIcmp(packet, buffer, transport);
      default -> false;
    };
  }

  private boolean admitsIcmp(PacketView packet, ByteBuffer buffer, int transport) {
    return switch (buffer.get(transport)) {
      case ECHO_REPLY -> remembered(packet, buffer.getShort(transport + 4) & 0xFFFF, 0);
      case UNREACHABLE, TIME_EXCEEDED -> true; // The kernel looks up the quoted packet itself.
      default -> false;
    };
  }

  private boolean remembered(PacketView packet, int guestPort, int hostPort) {
    FlowKey key =
        new FlowKey(packet.protocol(), packet.source(), guestPort, packet.destination(), hostPort);
    Long sent = lastSent.get(key);
    return sent != null && now.getAsLong() - sent < REMEMBERED_NANOS;
  }
}
