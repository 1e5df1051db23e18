package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.tcp.TcpSettings;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All TCP flows: finds the one of a segment, or opens it. Confined to the segment's thread. */
final class TcpTable {
  private static final int HEADERS = 40;
  private static final int LARGEST_PACKET = 65_535;
  private static final int FIRST_GATEWAY_PORT = 1024;
  private static final int GATEWAY_PORTS = 0x10000 - FIRST_GATEWAY_PORT;

  private final Surroundings around;
  private final IcmpErrors errors;
  private final Connector connector;
  private final Map<FlowKey, TcpFlow> flows = new HashMap<>();
  private final FlowShares<TcpFlow> shares;
  private final List<TcpFlow> toFlush = new ArrayList<>();
  private final TcpHeader header = new TcpHeader();
  private int nextGatewayPort;

  /** Makes the host's end of a flow that a pod opens. */
  @FunctionalInterface
  interface Connector {
    HostStream connect(SwitchPort from, FlowKey key, HostStream.Events events);
  }

  TcpTable(Surroundings around, IcmpErrors errors, Connector connector) {
    this.around = around;
    this.errors = errors;
    this.connector = connector;
    this.shares = new FlowShares<>(around.settings().largestFlows());
  }

  int size() {
    return flows.size();
  }

  /** A TCP packet of a pod, not a fragment. */
  void packet(SwitchPort from, PacketView packet, boolean mayOpen) {
    ByteBuffer buffer = packet.buffer();
    if (!header.parse(buffer, packet.transport(), packet.end())) {
      around.count(Counter.MALFORMED);
      return;
    }
    if (!packet.transportChecksumIsRight()) {
      around.count(Counter.BAD_CHECKSUM);
      return;
    }
    FlowKey key =
        new FlowKey(
            PacketView.TCP,
            packet.source(),
            header.sourcePort,
            packet.destination(),
            header.destinationPort);
    TcpFlow flow = flows.get(key);
    if (flow != null && flow.endpoint().isReplacedBy(header)) {
      flow.kill();
      flow = null;
    }
    int payload = packet.transport() + header.headerLength;
    if (flow != null) {
      int position = buffer.position();
      int limit = buffer.limit();
      flow.segment(header, buffer.limit(packet.end()).position(payload));
      buffer.limit(limit).position(position);
    } else if (header.has(TcpHeader.SYN)
        && !header.has(TcpHeader.ACK)
        && !header.has(TcpHeader.RST)) {
      open(from, packet, key, mayOpen);
    } else {
      around.count(Counter.TCP_STRAY);
      around.sender().tcpReset(from, key, header, packet.end() - payload);
    }
  }

  private void open(SwitchPort from, PacketView packet, FlowKey key, boolean mayOpen) {
    if (!mayOpen) {
      around.count(Counter.DENIED_DESTINATION);
      errors.about(from, packet, IcmpErrors.HOST_UNREACHABLE);
      return;
    }
    if (!makeRoom(from)) {
      return; // Silence: the pod tries again.
    }
    TcpFlow flow = new TcpFlow(key, from, around, this);
    flows.put(key, flow);
    shares.add(from, flow);
    flow.openOutbound(header, connector);
  }

  /**
   * Opens a flow into a pod.
   *
   * @param caller as the pod shall see it; null for the gateway's address and a port of its own
   * @return the flow, or null if there is no room
   */
  @Nullable TcpFlow openInbound(
      SwitchPort to,
      IpAddress pod,
      int podPort,
      @Nullable IpAddress caller,
      int callerPort,
      HostStream stream) {
    FlowKey key = null;
    if (caller != null) {
      FlowKey kept = new FlowKey(PacketView.TCP, pod, podPort, caller, callerPort);
      TcpFlow old = flows.get(kept);
      if (old != null && old.endpoint().isLingering()) {
        old.kill();
        old = null;
      }
      key = old == null ? kept : null;
    }
    for (int tries = 0; key == null && tries < GATEWAY_PORTS; tries++) {
      int port = FIRST_GATEWAY_PORT + nextGatewayPort;
      nextGatewayPort = (nextGatewayPort + 1) % GATEWAY_PORTS;
      FlowKey spread = new FlowKey(PacketView.TCP, pod, podPort, around.settings().address(), port);
      key = flows.containsKey(spread) ? null : spread;
    }
    if (key == null || !makeRoom(to)) {
      return null;
    }
    TcpFlow flow = new TcpFlow(key, to, around, this);
    flows.put(key, flow);
    shares.add(to, flow);
    around.count(Counter.TCP_ACCEPTED);
    flow.openInbound(stream);
    return flow;
  }

  /** What lingers goes first, then what was never connected; what is in use stays. */
  private boolean makeRoom(SwitchPort opener) {
    SwitchPort crowded = shares.crowded(opener);
    if (crowded == null) {
      return true;
    }
    TcpFlow victim = null;
    for (TcpFlow flow : shares.of(crowded)) {
      if (flow.endpoint().isLingering()) {
        victim = flow;
        break;
      }
      victim = victim == null && !flow.isEstablished() ? flow : victim;
    }
    around.count(Counter.FLOWS_EXHAUSTED);
    if (victim == null) {
      return false;
    }
    victim.kill();
    return true;
  }

  TcpSettings settingsFor(FlowKey key) {
    GatewaySettings settings = around.settings();
    int clock = settings.sequenceClock() + (int) (around.now() / 4000);
    return new TcpSettings(
        settings.mtu() - HEADERS,
        LARGEST_PACKET - HEADERS,
        settings.bufferBytes(),
        clock + mix(settings.secret() + key.hashCode() * 0x9E37_79B9_7F4A_7C15L));
  }

  private static int mix(long value) {
    long mixed = (value ^ value >>> 33) * 0xFF51_AFD7_ED55_8CCDL;
    mixed = (mixed ^ mixed >>> 33) * 0xC4CE_B9FE_1A85_EC53L;
    // A third of the space: a reused tuple's number still goes up with the clock.
    return (int) ((mixed ^ mixed >>> 33) >>> 33) / 3;
  }

  void flushLater(TcpFlow flow) {
    toFlush.add(flow);
  }

  /** Ends a batch of frames: sends the acknowledgments that were gathered. */
  void flush() {
    for (int i = 0; i < toFlush.size(); i++) {
      toFlush.get(i).flush();
    }
    toFlush.clear();
  }

  void remove(TcpFlow flow) {
    flows.remove(flow.key(), flow);
    shares.remove(flow.port(), flow);
    flow.forgotten();
  }

  void unreachable(TcpFlow flow, int typeAndCode) {
    errors.about(flow.port(), flow.key(), typeAndCode, flow.endpoint().peerInitial(), 0);
    flow.endpoint().close();
    remove(flow);
  }

  /** Ends all flows of a port. */
  void kill(SwitchPort port) {
    shares.copyOf(port).forEach(TcpFlow::kill);
  }
}
