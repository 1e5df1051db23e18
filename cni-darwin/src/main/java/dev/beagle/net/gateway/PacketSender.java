package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.tcp.ByteRing;
import dev.beagle.net.wire.Checksum;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import dev.beagle.net.wire.PacketWriter.Ipv4;
import dev.beagle.net.wire.TcpHeader;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Builds the gateway's frames: headers in one small buffer, payload as views of where it is.
 * Confined to the segment's thread.
 */
final class PacketSender {
  private static final int IP = VirtioNetHeader.LENGTH + PacketView.ETHERNET_LENGTH;
  private static final int TRANSPORT = IP + 20;
  private static final int DONT_FRAGMENT = 0x4000;
  private static final int MORE_FRAGMENTS = 0x2000;
  private static final int LARGEST_ICMP = 576;

  private final long mac;
  private final int mtu;
  private final ByteBuffer head = ByteBuffer.allocateDirect(128);
  private final ByteBuffer datagram = ByteBuffer.allocateDirect(66_000);
  private final ByteBuffer[] parts = new ByteBuffer[3];
  private int identification;

  PacketSender(long mac, int mtu) {
    this.mac = mac;
    this.mtu = mtu;
  }

  /** Sends a TCP segment from the flow's remote end to the guest. */
  void tcp(
      SwitchPort to,
      FlowKey key,
      TcpHeader header,
      ByteRing data,
      int offset,
      int length,
      int cut) {
    header.sourcePort = key.remotePort();
    header.destinationPort = key.guestPort();
    int headerLength = header.emittedLength();
    Ipv4 addresses = new Ipv4(key.remote(), key.guest(), PacketView.TCP);
    int headLength = TRANSPORT + headerLength;
    int tcpLength = headerLength + length;
    head.clear().limit(headLength);
    VirtioNetHeader.offloaded(
        head,
        0,
        headLength - VirtioNetHeader.LENGTH,
        length > cut ? cut : 0,
        TRANSPORT - VirtioNetHeader.LENGTH,
        16);
    PacketWriter.ethernet(head, VirtioNetHeader.LENGTH, to.mac(), mac, PacketView.TYPE_IPV4);
    PacketWriter.ipv4(head, IP, addresses, 20 + tcpLength, identification++, DONT_FRAGMENT);
    header.write(head, TRANSPORT);
    long pseudo = Checksum.pseudoHeader(key.remote(), key.guest(), PacketView.TCP, tcpLength);
    head.putShort(TRANSPORT + 16, (short) Checksum.fold(pseudo));
    parts[0] = head;
    to.send(parts, 1 + data.views(offset, length, parts, 1));
  }

  /** Answers a segment that belongs to nothing (RFC 9293 3.10.7.1); never answers a RST. */
  void tcpReset(SwitchPort to, FlowKey key, TcpHeader in, int payloadLength) {
    if (in.has(TcpHeader.RST)) {
      return;
    }
    TcpHeader reset = new TcpHeader();
    reset.windowScale = -1;
    if (in.has(TcpHeader.ACK)) {
      reset.flags = TcpHeader.RST;
      reset.sequence = in.acknowledgment;
    } else {
      reset.flags = TcpHeader.RST | TcpHeader.ACK;
      reset.acknowledgment =
          in.sequence
              + payloadLength
              + (in.has(TcpHeader.SYN) ? 1 : 0)
              + (in.has(TcpHeader.FIN) ? 1 : 0);
    }
    tcp(to, key, reset, EMPTY, 0, 0, 0);
  }

  private static final ByteRing EMPTY =
      new ByteRing(new dev.beagle.net.tcp.BufferPool(0).share("nobody"), 0);

  /** Sends a datagram from the flow's remote end to the guest, in fragments where it must. */
  void udp(SwitchPort to, FlowKey key, ByteBuffer payload) {
    int length = 8 + payload.remaining();
    Ipv4 addresses = new Ipv4(key.remote(), key.guest(), PacketView.UDP);
    datagram.clear();
    datagram.put(TRANSPORT + 8, payload, payload.position(), payload.remaining());
    PacketWriter.udp(datagram, TRANSPORT, addresses, key.remotePort(), key.guestPort(), length);
    packet(to, addresses, length);
  }

  /** Sends what stands at TRANSPORT of the datagram buffer. */
  private void packet(SwitchPort to, Ipv4 addresses, int length) {
    int id = identification++;
    int room = (mtu - 20) / 8 * 8;
    int offset = 0;
    while (offset < length) {
      int piece = length - offset <= mtu - 20 ? length - offset : room;
      boolean more = offset + piece < length;
      boolean whole = offset == 0 && !more;
      VirtioNetHeader.plain(head, 0);
      PacketWriter.ethernet(head, VirtioNetHeader.LENGTH, to.mac(), mac, PacketView.TYPE_IPV4);
      PacketWriter.ipv4(
          head,
          IP,
          addresses,
          20 + piece,
          id,
          whole ? DONT_FRAGMENT : (more ? MORE_FRAGMENTS : 0) | offset / 8);
      parts[0] = head.clear().limit(TRANSPORT);
      parts[1] = datagram.clear().position(TRANSPORT + offset).limit(TRANSPORT + offset + piece);
      to.send(parts, 2);
      offset += piece;
    }
    datagram.clear();
  }

  /** Answers an ARP request for the gateway's address. */
  void arpReply(SwitchPort to, PacketView request, IpAddress gateway) {
    head.clear().limit(IP + 28);
    VirtioNetHeader.plain(head, 0);
    PacketWriter.ethernet(head, VirtioNetHeader.LENGTH, to.mac(), mac, PacketView.TYPE_ARP);
    PacketWriter.arpReply(head, IP, mac, gateway, request.arpSenderMac(), request.arpSender());
    parts[0] = head;
    to.send(parts, 1);
  }

  /** Answers an echo request, whose ICMP message is the buffer's remaining bytes. */
  void echoReply(SwitchPort to, IpAddress from, IpAddress guest, ByteBuffer request) {
    int length = request.remaining();
    datagram.clear();
    datagram.put(TRANSPORT, request, request.position(), length);
    datagram.putInt(TRANSPORT, 0);
    int sum = Checksum.finish(Checksum.sum(datagram, TRANSPORT, TRANSPORT + length));
    datagram.putShort(TRANSPORT + 2, (short) sum);
    packet(to, new Ipv4(from, guest, PacketView.ICMP), length);
  }

  /**
   * Sends an ICMP error (RFC 792) about a packet of the guest.
   *
   * @param quoted the guest's packet from its IP header on, as much as there is
   * @param extra the second word: the MTU of "fragmentation needed", else 0
   */
  void icmpError(
      SwitchPort to,
      IpAddress from,
      IpAddress guest,
      int typeAndCode,
      int extra,
      ByteBuffer quoted) {
    int length = Math.min(quoted.remaining(), LARGEST_ICMP - 28);
    datagram.clear();
    datagram.putShort(TRANSPORT, (short) typeAndCode);
    datagram.putShort(TRANSPORT + 2, (short) 0);
    datagram.putInt(TRANSPORT + 4, extra);
    datagram.put(TRANSPORT + 8, quoted, quoted.position(), length);
    int sum = Checksum.finish(Checksum.sum(datagram, TRANSPORT, TRANSPORT + 8 + length));
    datagram.putShort(TRANSPORT + 2, (short) sum);
    packet(to, new Ipv4(from, guest, PacketView.ICMP), 8 + length);
  }
}
