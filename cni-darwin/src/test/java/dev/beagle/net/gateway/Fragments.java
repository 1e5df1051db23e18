package dev.beagle.net.gateway;

import dev.beagle.net.wire.Checksum;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import dev.beagle.net.wire.TcpHeader;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Raw packets for tests. */
final class Fragments {
  private static final int IP = VirtioNetHeader.LENGTH + PacketView.ETHERNET_LENGTH;
  private static final long GATEWAY_MAC = 0x02BE_0A58_0001L;

  private Fragments() {}

  /** A datagram cut into IP fragments, shuffled. */
  static List<byte[]> of(IpAddress from, IpAddress to, int fromPort, int toPort, byte[] payload) {
    ByteBuffer datagram = ByteBuffer.allocate(8 + payload.length).put(8, payload);
    PacketWriter.Ipv4 addresses = new PacketWriter.Ipv4(from, to, PacketView.UDP);
    PacketWriter.udp(datagram, 0, addresses, fromPort, toPort, datagram.capacity());
    List<byte[]> fragments = new ArrayList<>();
    int room = 1480;
    for (int offset = 0; offset < datagram.capacity(); offset += room) {
      int length = Math.min(room, datagram.capacity() - offset);
      boolean more = offset + length < datagram.capacity();
      ByteBuffer packet = ByteBuffer.allocate(20 + length);
      PacketWriter.ipv4(packet, 0, addresses, 20 + length, 99, (more ? 0x2000 : 0) | offset / 8);
      packet.put(20, datagram, offset, length);
      fragments.add(packet.array());
    }
    Collections.shuffle(fragments, new Random(3));
    return fragments;
  }

  static byte[] syn(IpAddress from, IpAddress to, int toPort) {
    TcpHeader header = new TcpHeader();
    header.flags = TcpHeader.SYN;
    header.sourcePort = 40_000;
    header.destinationPort = toPort;
    header.sequence = 1000;
    header.window = 64_240;
    header.maximumSegmentSize = 1460;
    header.windowScale = 7;
    int length = header.emittedLength();
    ByteBuffer packet = ByteBuffer.allocate(20 + length);
    PacketWriter.ipv4(
        packet, 0, new PacketWriter.Ipv4(from, to, PacketView.TCP), 20 + length, 1, 0x4000);
    header.write(packet, 20);
    long sum =
        Checksum.pseudoHeader(from, to, PacketView.TCP, length)
            + Checksum.sum(packet, 20, 20 + length);
    packet.putShort(36, (short) Checksum.finish(sum));
    return packet.array();
  }

  static byte[] framed(long mac, byte[] packet) {
    ByteBuffer frame = ByteBuffer.allocate(IP + packet.length);
    VirtioNetHeader.plain(frame, 0);
    PacketWriter.ethernet(frame, VirtioNetHeader.LENGTH, GATEWAY_MAC, mac, PacketView.TYPE_IPV4);
    return frame.put(IP, packet).array();
  }

  static void repairIpChecksum(byte[] frame) {
    ByteBuffer buffer = ByteBuffer.wrap(frame);
    int end = Math.min(frame.length, IP + (frame[IP] & 15) * 4);
    if (end >= IP + 20) {
      buffer.putShort(IP + 10, (short) 0);
      buffer.putShort(IP + 10, (short) Checksum.finish(Checksum.sum(buffer, IP, end)));
    }
  }
}
