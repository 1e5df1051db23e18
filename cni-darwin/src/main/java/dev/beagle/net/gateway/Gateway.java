package dev.beagle.net.gateway;

import dev.beagle.net.dns.DnsForwarder;
import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.GatewaySink;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.tcp.BufferPool;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The port that leads out: answers ARP and echo for its address, forwards DNS, and joins every TCP
 * and UDP flow of a pod to a socket of the host, so that the host's routes, VPN and firewall apply
 * and no privilege is needed.
 *
 * <p>What it refuses: the host's loopback, multicast, and the segment's own range (pods are reached
 * on the segment, and the host interface only by the host). The host's other addresses are reached,
 * as pods need the node's kubelet, API server and node ports. Such a connection never leaves the
 * host: it comes over its loopback interface, from the address that it goes to. What the host lets
 * itself do by source address or interface, it lets every pod do; a firewall for its network does
 * not see it. Confined to the segment's thread.
 */
public final class Gateway implements GatewaySink {
  private static final int DNS_PORT = 53;
  private static final int ECHO_REQUEST = 8;

  private final Surroundings around;
  private final IcmpErrors errors;
  private final TcpTable tcp;
  private final UdpTable udp;
  private final Reassembler reassembler;
  private final DnsForwarder dns;
  private final PortForwards forwards;
  private final PacketView reassembled = new PacketView();

  /**
   * A gateway without flows.
   *
   * @param defects hears of exceptions that nobody foresaw; each cost its flow, and nothing else
   */
  public Gateway(
      GatewaySettings settings,
      HostSockets sockets,
      TimerQueue timers,
      LongSupplier clock,
      BufferPool pool,
      SwitchCounters counters,
      Consumer<RuntimeException> defects,
      DnsForwarder dns) {
    PacketSender sender = new PacketSender(settings.mac().bits(), settings.mtu());
    this.around =
        new Surroundings(settings, sockets, timers, clock, pool, counters, defects, sender);
    this.errors = new IcmpErrors(around);
    this.tcp = new TcpTable(around, errors, this::connect);
    this.udp = new UdpTable(around, errors);
    this.reassembler = new Reassembler(around);
    this.dns = dns;
    this.forwards = new PortForwards(around, tcp);
  }

  /** Published ports. */
  public PortForwards forwards() {
    return forwards;
  }

  /** To be called after each batch of frames: sends the acknowledgments that were gathered. */
  public void flush() {
    tcp.flush();
  }

  /** Ends every flow of a port; peers outside see resets. */
  public void endFlows(SwitchPort port) {
    tcp.kill(port);
    udp.kill(port);
  }

  /** Sizes of the tables. */
  public Map<String, Long> gauges() {
    Map<String, Long> gauges = new TreeMap<>();
    gauges.put("tcp_flows", (long) tcp.size());
    gauges.put("udp_flows", (long) udp.size());
    gauges.put("flow_buffer_bytes", around.pool().lentBytes());
    gauges.put("flow_buffer_allocated_bytes", around.pool().allocatedBytes());
    gauges.put("udp_callers", forwards.callers());
    gauges.put("udp_peers", udp.peers());
    gauges.put("timers", (long) around.timers().size());
    gauges.put("dns_held_bytes", dns.heldBytes());
    return gauges;
  }

  @Override
  public void arpRequest(SwitchPort from, PacketView packet) {
    around.sender().arpReply(from, packet, around.settings().address());
  }

  @Override
  public void packet(SwitchPort from, PacketView packet) {
    if (packet.isFragment()) {
      ByteBuffer whole = reassembler.add(packet);
      if (whole != null && reassembled.parse(whole) == PacketView.Kind.IPV4) {
        complete(from, reassembled);
      }
    } else {
      complete(from, packet);
    }
  }

  private void complete(SwitchPort from, PacketView packet) {
    boolean forGateway = packet.destination().equals(around.settings().address());
    if (!forGateway && packet.timeToLive() <= 1) {
      errors.about(from, packet, IcmpErrors.TTL_EXCEEDED);
      return;
    }
    switch (packet.protocol()) {
      case PacketView.TCP -> tcp.packet(from, packet, forGateway || mayLeave(packet.destination()));
      case PacketView.UDP -> datagram(from, packet, forGateway);
      case PacketView.ICMP -> icmp(from, packet, forGateway);
      default -> errors.about(from, packet, IcmpErrors.PROTOCOL_UNREACHABLE);
    }
  }

  private boolean mayLeave(IpAddress destination) {
    return !destination.isLoopbackOrUnspecified()
        && !destination.isMulticastOrReserved()
        && !around.settings().segment().contains(destination);
  }

  /** The host's end of a flow that a pod opens. */
  private HostStream connect(SwitchPort from, FlowKey key, HostStream.Events events) {
    if (!key.remote().equals(around.settings().address())) {
      return around.sockets().connect(key.remote(), key.remotePort(), events);
    }
    return dns.open(from, key.remotePort() == DNS_PORT, events);
  }

  private void datagram(SwitchPort from, PacketView packet, boolean forGateway) {
    ByteBuffer buffer = packet.buffer();
    int header = packet.transport();
    int length = packet.transportLength() < 8 ? 0 : buffer.getShort(header + 4) & 0xFFFF;
    if (length < 8 || length > packet.transportLength()) {
      around.count(Counter.MALFORMED);
      return;
    }
    boolean summed = buffer.getShort(header + 6) != 0;
    if (summed && !packet.transportChecksumIsRight()) {
      around.count(Counter.BAD_CHECKSUM);
      return;
    }
    FlowKey key =
        new FlowKey(
            PacketView.UDP,
            packet.source(),
            buffer.getShort(header) & 0xFFFF,
            packet.destination(),
            buffer.getShort(header + 2) & 0xFFFF);
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(header + length).position(header + 8);
    if (!forwards.isAnswer(key, buffer)) {
      outbound(from, packet, key, forGateway);
    }
    buffer.limit(limit).position(position);
  }

  /** The payload stands between the buffer's position and limit. */
  private void outbound(SwitchPort from, PacketView packet, FlowKey key, boolean forGateway) {
    ByteBuffer payload = packet.buffer();
    if (forGateway && key.remotePort() == DNS_PORT) {
      dns.ask(from, payload, answer -> around.sender().udp(from, key, answer));
    } else if (forGateway) {
      errors.about(from, packet, IcmpErrors.PORT_UNREACHABLE);
    } else if (mayLeave(key.remote()) && key.remotePort() != 0) {
      udp.send(from, key, payload);
    } else {
      around.count(Counter.DENIED_DESTINATION);
      errors.about(from, packet, IcmpErrors.HOST_UNREACHABLE);
    }
  }

  private void icmp(SwitchPort from, PacketView packet, boolean forGateway) {
    if (packet.transportLength() < 8 || !packet.transportChecksumIsRight()) {
      around.count(Counter.MALFORMED);
      return;
    }
    ByteBuffer buffer = packet.buffer();
    if (!forGateway || buffer.get(packet.transport()) != ECHO_REQUEST) {
      // Echo to the outside needs a socket that the JDK has not: the pod sees a timeout.
      around.count(Counter.UNSUPPORTED);
      return;
    }
    ByteBuffer message = buffer.duplicate().clear();
    message.position(packet.transport()).limit(packet.end());
    around.sender().echoReply(from, packet.destination(), packet.source(), message);
  }
}
