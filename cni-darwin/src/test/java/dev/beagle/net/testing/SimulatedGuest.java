package dev.beagle.net.testing;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.link.PortOutput;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.Checksum;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import dev.beagle.net.wire.TcpHeader;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A pod in Java: a link to its port, a TCP of its own, and everything else as raw packets. */
public final class SimulatedGuest implements PortOutput {
  private static final int IP = VirtioNetHeader.LENGTH + PacketView.ETHERNET_LENGTH;

  private final SimulatedNetwork network;
  private final SwitchPort port;
  private final FaultyLink up;
  private final FaultyLink down;
  private final Map<FlowKey, GuestConnection> connections = new HashMap<>();
  private final List<Integer> listening = new ArrayList<>();
  private final List<GuestConnection> accepted = new ArrayList<>();
  private final List<byte[]> packets = new ArrayList<>();
  private final PacketView view = new PacketView();
  private boolean full;
  private int nextPort = 32_768;

  SimulatedGuest(SimulatedNetwork network, SwitchPort port, FaultyLink.Faults faults, long seed) {
    this.network = network;
    this.port = port;
    Random random = new Random(seed);
    up =
        new FaultyLink(
            faults, random, network.timers(), network::now, frame -> arrive(port, frame));
    down = new FaultyLink(faults, random, network.timers(), network::now, this::receive);
    port.connect(this);
  }

  private void arrive(SwitchPort from, ByteBuffer frame) {
    network.ethernet().receive(from, frame);
    network.gateway().flush();
  }

  public SwitchPort port() {
    return port;
  }

  public IpAddress address() {
    return port.addresses().getFirst();
  }

  /** The guest is paused: nothing comes and nothing goes. */
  public void cut() {
    up.cut();
    down.cut();
  }

  /** Frames lost on both ways. */
  public long lost() {
    return up.lost() + down.lost();
  }

  /** Opens a connection whose segments and window are small. */
  public GuestConnection connect(
      IpAddress remote, int remotePort, byte[] toSend, int segmentBytes, int bufferBytes) {
    FlowKey key = new FlowKey(PacketView.TCP, address(), nextPort(), remote, remotePort);
    GuestConnection connection =
        new GuestConnection(network, this, key, toSend, segmentBytes, bufferBytes);
    connections.put(key, connection);
    connection.open();
    return connection;
  }

  private int nextPort() {
    nextPort = nextPort == 0xFFFF ? 32_768 : nextPort + 1;
    return nextPort;
  }

  /** Opens a connection. */
  public GuestConnection connect(IpAddress remote, int remotePort, byte[] toSend) {
    FlowKey key = new FlowKey(PacketView.TCP, address(), nextPort(), remote, remotePort);
    GuestConnection connection = new GuestConnection(network, this, key, toSend);
    connections.put(key, connection);
    connection.open();
    return connection;
  }

  /** Accepts on a port. */
  public void listen(int localPort) {
    listening.add(localPort);
  }

  /** Connections that came. */
  public List<GuestConnection> accepted() {
    return accepted;
  }

  /** Packets that were not for a TCP connection, from the IP header on. */
  public List<byte[]> packets() {
    return packets;
  }

  void forget(GuestConnection connection) {
    connections.remove(connection.key(), connection);
  }

  /** Sends a packet with IPv4 header, and the checksums that are asked for by zero. */
  public void sendIp(IpAddress destination, int protocol, ByteBuffer payload) {
    ByteBuffer frame = ByteBuffer.allocate(IP + 20 + payload.remaining());
    VirtioNetHeader.plain(frame, 0);
    PacketWriter.ethernet(
        frame,
        VirtioNetHeader.LENGTH,
        SimulatedNetwork.GATEWAY_MAC,
        port.mac(),
        PacketView.TYPE_IPV4);
    PacketWriter.ipv4(
        frame,
        IP,
        new PacketWriter.Ipv4(address(), destination, protocol),
        20 + payload.remaining(),
        7,
        0);
    frame.put(IP + 20, payload, payload.position(), payload.remaining());
    up.send(frame);
  }

  /** Sends a datagram. */
  public void sendUdp(IpAddress destination, int fromPort, int toPort, byte[] payload) {
    ByteBuffer datagram = ByteBuffer.allocate(8 + payload.length).put(8, payload);
    PacketWriter.udp(
        datagram,
        0,
        new PacketWriter.Ipv4(address(), destination, PacketView.UDP),
        fromPort,
        toPort,
        datagram.capacity());
    sendIp(destination, PacketView.UDP, datagram);
  }

  /** Sends any bytes as a frame, the virtio-net header included. */
  public void sendRaw(byte[] frame) {
    up.send(ByteBuffer.wrap(frame));
  }

  void sendTcp(FlowKey key, TcpHeader header, byte[] payload) {
    header.sourcePort = key.guestPort();
    header.destinationPort = key.remotePort();
    ByteBuffer segment = ByteBuffer.allocate(header.emittedLength() + payload.length);
    header.write(segment, 0);
    segment.put(header.emittedLength(), payload);
    long pseudo =
        Checksum.pseudoHeader(key.guest(), key.remote(), PacketView.TCP, segment.capacity());
    int sum = Checksum.finish(pseudo + Checksum.sum(segment, 0, segment.capacity()));
    segment.putShort(16, (short) sum);
    sendIp(key.remote(), PacketView.TCP, segment);
  }

  // ---- From the switch

  @Override
  public boolean send(ByteBuffer[] parts, int count) {
    int length = 0;
    for (int i = 0; i < count; i++) {
      length += parts[i].remaining();
    }
    ByteBuffer whole = ByteBuffer.allocate(length);
    for (int i = 0; i < count; i++) {
      whole.put(parts[i]);
    }
    down.send(whole.flip());
    return true;
  }

  @Override
  public boolean writable() {
    return !full;
  }

  /** Makes what waits for this port wait, or go on. */
  public void full(boolean isFull) {
    full = isFull;
    port.drained();
  }

  @Override
  public void close() {}

  private void receive(ByteBuffer frame) {
    if (view.parse(frame) != PacketView.Kind.IPV4) {
      return;
    }
    TcpHeader header = new TcpHeader();
    if (view.protocol() == PacketView.TCP && header.parse(frame, view.transport(), view.end())) {
      FlowKey key =
          new FlowKey(
              PacketView.TCP,
              view.destination(),
              header.destinationPort,
              view.source(),
              header.sourcePort);
      GuestConnection connection = connections.get(key);
      if (connection == null
          && header.flags == TcpHeader.SYN
          && listening.contains(header.destinationPort)) {
        connection = new GuestConnection(network, this, key, new byte[0]);
        connections.put(key, connection);
        accepted.add(connection);
        connection.accept(header);
        return;
      }
      if (connection != null) {
        int from = view.transport() + header.headerLength;
        connection.segment(header, frame.duplicate().position(from).limit(view.end()));
        return;
      }
      if (!header.has(TcpHeader.RST)) {
        reject(key, header, view.end() - view.transport() - header.headerLength);
      }
      return;
    }
    byte[] packet = new byte[view.end() - view.network()];
    frame.get(view.network(), packet);
    packets.add(packet);
  }

  private void reject(FlowKey key, TcpHeader in, int length) {
    TcpHeader reset = new TcpHeader();
    reset.windowScale = -1;
    if (in.has(TcpHeader.ACK)) {
      reset.flags = TcpHeader.RST;
      reset.sequence = in.acknowledgment;
    } else {
      reset.flags = TcpHeader.RST | TcpHeader.ACK;
      reset.acknowledgment = in.sequence + length + (in.has(TcpHeader.SYN) ? 1 : 0);
    }
    sendTcp(key, reset, new byte[0]);
  }
}
