package dev.beagle.net.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort.PortIdentity;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.MacAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import dev.beagle.net.wire.TcpHeader;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EthernetSwitchTest {
  private static final IpAddress GATEWAY = IpAddress.parse("10.88.0.1");
  private static final MacAddress GATEWAY_MAC = MacAddress.parse("02:be:0a:58:00:01");
  private static final IpAddress HOST = IpAddress.parse("10.88.0.2");
  private static final IpAddress A = IpAddress.parse("10.88.0.4");
  private static final IpAddress B = IpAddress.parse("10.88.0.5");
  private static final int IP = 26;

  private final SwitchCounters counters = new SwitchCounters();
  private final List<String> toGateway = new ArrayList<>();
  private long now;
  private final EthernetSwitch ethernet =
      new EthernetSwitch(
          GATEWAY_MAC,
          GATEWAY,
          new GatewaySink() {
            @Override
            public void packet(SwitchPort from, PacketView packet) {
              toGateway.add(from + " to " + packet.destination());
            }

            @Override
            public void arpRequest(SwitchPort from, PacketView packet) {
              toGateway.add(from + " asks");
            }
          },
          counters,
          () -> now);
  private final RecordingOutput atHost = new RecordingOutput();
  private final RecordingOutput atA = new RecordingOutput();
  private final RecordingOutput atB = new RecordingOutput();
  private final SwitchPort host = attach("host", HOST, atHost);
  private final SwitchPort a = attach("a", A, atA);
  private final SwitchPort b = attach("b", B, atB);

  private static final class RecordingOutput implements PortOutput {
    private int frames;
    private boolean full;

    @Override
    public boolean send(ByteBuffer[] parts, int count) {
      if (full) {
        return false;
      }
      frames++;
      return true;
    }

    @Override
    public boolean writable() {
      return !full;
    }

    @Override
    public void close() {}
  }

  private static MacAddress mac(IpAddress address) {
    return new MacAddress(0x02BE_0000_0000L | (address.ipv4() & 0xFFFF_FFFFL));
  }

  private SwitchPort attach(String name, IpAddress address, PortOutput output) {
    SwitchPort port =
        ethernet.attach(
            new PortIdentity(name, mac(address), List.of(address), name.equals("host")));
    port.connect(output);
    return port;
  }

  private static ByteBuffer ip(
      MacAddress toMac,
      IpAddress fromMac,
      IpAddress from,
      IpAddress to,
      int protocol,
      byte[] rest) {
    ByteBuffer frame = ByteBuffer.allocate(IP + 20 + rest.length);
    VirtioNetHeader.plain(frame, 0);
    PacketWriter.ethernet(frame, 12, toMac.bits(), mac(fromMac).bits(), PacketView.TYPE_IPV4);
    PacketWriter.ipv4(frame, IP, new PacketWriter.Ipv4(from, to, protocol), 20 + rest.length, 1, 0);
    return frame.put(IP + 20, rest);
  }

  private static ByteBuffer packet(IpAddress from, IpAddress to, int protocol, byte[] rest) {
    return ip(to.equals(GATEWAY) ? GATEWAY_MAC : mac(to), from, from, to, protocol, rest);
  }

  private static byte[] tcp(int flags) {
    TcpHeader header = new TcpHeader();
    header.flags = flags;
    header.windowScale = -1;
    ByteBuffer bytes = ByteBuffer.allocate(20);
    header.write(bytes, 0);
    return bytes.array();
  }

  private static byte[] udp(int from, int to) {
    return ByteBuffer.allocate(8).putShort((short) from).putShort((short) to).array();
  }

  private static byte[] echo(int type) {
    return ByteBuffer.allocate(8).put(0, (byte) type).putShort(4, (short) 77).array();
  }

  @Test
  void framesGoToTheirOwnerOnly() {
    ethernet.receive(a, packet(A, B, 253, new byte[4]));
    assertThat(atB.frames).isEqualTo(1);
    ethernet.receive(a, ip(GATEWAY_MAC, A, A, IpAddress.parse("1.1.1.1"), 253, new byte[4]));
    assertThat(toGateway).containsExactly("a to 1.1.1.1");
    ethernet.receive(
        a, ip(MacAddress.BROADCAST, A, A, IpAddress.parse("10.88.255.255"), 253, new byte[4]));
    assertThat(List.of(atA.frames, atB.frames, atHost.frames)).containsExactly(0, 2, 0);
  }

  @Test
  void aPortSendsAsItselfOnly() {
    ethernet.receive(a, ip(mac(B), B, A, B, 253, new byte[4]));
    ethernet.receive(a, ip(mac(B), A, B, B, 253, new byte[4]));
    ethernet.receive(a, arp(1, A, B, GATEWAY));
    ethernet.receive(a, arp(2, B, A, B));
    assertThat(atB.frames).isZero();
    assertThat(toGateway).isEmpty();
    assertThat(counters.value(Counter.SPOOFED)).isEqualTo(4);
  }

  private static ByteBuffer arp(int operation, IpAddress mac, IpAddress sender, IpAddress target) {
    ByteBuffer frame = ByteBuffer.allocate(IP + 28);
    VirtioNetHeader.plain(frame, 0);
    PacketWriter.ethernet(
        frame, 12, MacAddress.BROADCAST.bits(), mac(mac).bits(), PacketView.TYPE_ARP);
    PacketWriter.arpReply(frame, IP, mac(mac).bits(), sender, 0, target);
    return frame.putShort(IP + 6, (short) operation);
  }

  @Test
  void anArpRequestGoesToWhomItAsksFor() {
    ethernet.receive(a, arp(1, A, A, GATEWAY));
    ethernet.receive(a, arp(1, A, A, B));
    ethernet.receive(a, arp(1, A, IpAddress.ofIpv4(0), HOST));
    ethernet.receive(a, arp(1, A, A, IpAddress.parse("10.88.0.99")));
    assertThat(toGateway).containsExactly("a asks");
    assertThat(List.of(atB.frames, atHost.frames)).containsExactly(1, 1);
  }

  @Test
  void podsDoNotOpenAnythingToTheHostsPort() {
    ethernet.receive(a, packet(A, HOST, PacketView.TCP, tcp(TcpHeader.SYN)));
    ethernet.receive(a, packet(A, HOST, PacketView.TCP, new byte[8]));
    ethernet.receive(a, packet(A, HOST, PacketView.UDP, udp(5, 6)));
    ethernet.receive(a, packet(A, HOST, PacketView.ICMP, echo(8)));
    ethernet.receive(a, packet(A, HOST, PacketView.ICMP, echo(0)));
    ethernet.receive(a, packet(A, HOST, 253, new byte[8]));
    ByteBuffer fragment = packet(A, HOST, PacketView.TCP, tcp(TcpHeader.ACK));
    PacketWriter.ipv4(fragment, IP, new PacketWriter.Ipv4(A, HOST, PacketView.TCP), 40, 1, 0x2000);
    ethernet.receive(a, fragment);
    // Another address of the host, through its port's MAC.
    ethernet.receive(
        a, ip(mac(HOST), A, A, IpAddress.parse("127.0.0.1"), PacketView.TCP, tcp(TcpHeader.ACK)));
    assertThat(atHost.frames).isZero();
    assertThat(counters.value(Counter.HOST_INTERFACE_DENIED)).isEqualTo(8);
  }

  @Test
  void podsAnswerWhatTheHostAsked() {
    ethernet.receive(a, packet(A, HOST, PacketView.TCP, tcp(TcpHeader.SYN | TcpHeader.ACK)));
    assertThat(atHost.frames).isEqualTo(1);
    ethernet.receive(host, packet(HOST, A, PacketView.UDP, udp(6, 5)));
    ethernet.receive(host, packet(HOST, A, PacketView.ICMP, echo(8)));
    ethernet.receive(a, packet(A, HOST, PacketView.UDP, udp(5, 6)));
    ethernet.receive(a, packet(A, HOST, PacketView.ICMP, echo(0)));
    ethernet.receive(b, packet(B, HOST, PacketView.UDP, udp(5, 6)));
    assertThat(atHost.frames).isEqualTo(3);
    now += 181_000_000_000L;
    ethernet.receive(a, packet(A, HOST, PacketView.UDP, udp(5, 6)));
    assertThat(atHost.frames).isEqualTo(3);
  }

  @Test
  void aFullPortDropsAndWhoWaitsForItGoesOnLater() {
    atB.full = true;
    ethernet.receive(a, packet(A, B, 253, new byte[4]));
    assertThat(b.dropped()).isEqualTo(1);
    List<String> turns = new ArrayList<>();
    b.whenWritable(() -> turns.add("first"));
    b.whenWritable(() -> turns.add("second"));
    b.drained();
    assertThat(turns).isEmpty();
    atB.full = false;
    b.drained();
    assertThat(turns).containsExactly("first", "second");
  }

  @Test
  void aChecksumThatWouldLandOutsideTheFrameIsMalformed() {
    ByteBuffer frame = packet(A, B, PacketView.TCP, tcp(TcpHeader.ACK));
    VirtioNetHeader.offloaded(frame, 0, 54, 1000, 0xFFF0, 0xFFF0);
    ethernet.receive(a, frame);
    VirtioNetHeader.offloaded(frame, 0, 54, 1000, 34, 16);
    ethernet.receive(a, frame);
    frame.put(1, (byte) 99);
    ethernet.receive(a, frame);
    assertThat(atB.frames).isEqualTo(1);
    assertThat(counters.value(Counter.MALFORMED)).isEqualTo(2);
  }

  @Test
  void aDetachedPortIsForgotten() {
    ethernet.detach(b);
    ethernet.receive(a, packet(A, B, 253, new byte[4]));
    assertThat(atB.frames).isZero();
    assertThat(ethernet.owner(B)).isNull();
    assertThat(counters.value(Counter.UNKNOWN_DESTINATION)).isEqualTo(1);
  }
}
