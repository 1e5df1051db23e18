package dev.beagle.net.gateway;

import dev.beagle.net.wire.Checksum;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/** Frames that a pod's kernel would not send: every field may lie; all of it by a seed. */
final class HostileFrames {
  private static final int ETHERNET = VirtioNetHeader.LENGTH;
  private static final int IP = ETHERNET + PacketView.ETHERNET_LENGTH;
  private static final int[] ODD = {0, 1, 2, 7, 8, 20, 40, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF};
  private static final int[] PORTS = {0, 53, 80, 81, 5353, 8080, 0xFFFF};

  private final Random random;
  private final long mac;
  private final IpAddress address;
  private final List<Long> macs;
  private final List<IpAddress> addresses;

  /**
   * Frames of one pod.
   *
   * @param macs where frames may go
   * @param addresses where packets may go
   */
  HostileFrames(
      Random random, long mac, IpAddress address, List<Long> macs, List<IpAddress> addresses) {
    this.random = random;
    this.mac = mac;
    this.address = address;
    this.macs = macs;
    this.addresses = addresses;
  }

  byte[] next() {
    byte[] frame = random.nextInt(8) == 0 ? arp() : ip();
    if (random.nextInt(3) == 0) {
      for (int flips = random.nextInt(8); flips >= 0; flips--) {
        frame[random.nextInt(frame.length)] = (byte) random.nextInt();
      }
      if (random.nextBoolean()) {
        Fragments.repairIpChecksum(frame);
      }
    }
    return switch (random.nextInt(12)) {
      case 0 -> java.util.Arrays.copyOf(frame, random.nextInt(frame.length + 1));
      case 1 -> java.util.Arrays.copyOf(frame, frame.length + random.nextInt(100));
      default -> frame;
    };
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private int odd() {
    return random.nextBoolean() ? ODD[random.nextInt(ODD.length)] : random.nextInt(0x10000);
  }

  private int port() {
    return random.nextInt(4) == 0 ? random.nextInt(0x10000) : PORTS[random.nextInt(PORTS.length)];
  }

  private ByteBuffer frame(int length, int type) {
    ByteBuffer frame = ByteBuffer.allocate(IP + length);
    VirtioNetHeader.plain(frame, 0);
    if (random.nextInt(3) == 0) {
      frame.put(0, (byte) random.nextInt(4)).put(1, (byte) (random.nextInt(6) | (odd() & 0x80)));
      for (int field = 2; field < 12; field += 2) {
        frame.putShort(field, Short.reverseBytes((short) odd()));
      }
    } else if (random.nextInt(3) == 0) {
      // What a driver asks for, so that what is behind it is reached.
      VirtioNetHeader.offloaded(frame, 0, 54, random.nextInt(1500), 34, 16);
    }
    PacketWriter.ethernet(frame, ETHERNET, any(macs), mac, type);
    return frame;
  }

  private static byte[] bytes(ByteBuffer frame) {
    byte[] bytes = new byte[frame.capacity()];
    frame.get(0, bytes);
    return bytes;
  }

  private byte[] arp() {
    ByteBuffer frame = frame(28, PacketView.TYPE_ARP);
    frame.putInt(IP, 0x0001_0800).putShort(IP + 4, (short) 0x0604);
    frame.putShort(IP + 6, (short) random.nextInt(5));
    frame.putLong(IP + 6, (frame.getLong(IP + 6) & 0xFFFF_0000_0000_0000L) | mac);
    frame.putInt(IP + 14, random.nextInt(4) == 0 ? any(addresses).ipv4() : address.ipv4());
    frame.putInt(IP + 24, any(addresses).ipv4());
    return bytes(frame);
  }

  private byte[] ip() {
    int options = random.nextInt(5) == 0 ? 4 * random.nextInt(11) : 0;
    int protocol =
        switch (random.nextInt(8)) {
          case 0 -> random.nextInt(256);
          case 1 -> PacketView.ICMP;
          case 2, 3, 4 -> PacketView.UDP;
          default -> PacketView.TCP;
        };
    IpAddress to = any(addresses);
    ByteBuffer payload = payload(protocol);
    int length = payload.capacity();
    int header = 20 + options;
    ByteBuffer frame = frame(header + length, PacketView.TYPE_IPV4);
    int fragment = random.nextInt(5) == 0 ? odd() : 0x4000;
    PacketWriter.ipv4(
        frame,
        IP,
        new PacketWriter.Ipv4(address, to, protocol),
        header + length,
        random.nextInt(4),
        fragment);
    frame.put(IP, (byte) (0x40 | header / 4));
    for (int at = 0; at < options; at++) {
      frame.put(IP + 20 + at, (byte) random.nextInt());
    }
    if (random.nextInt(10) == 0) {
      frame.put(IP + 8, (byte) random.nextInt(3));
    }
    if (protocol == PacketView.TCP || protocol == PacketView.UDP) {
      sum(payload, to, protocol);
    }
    frame.put(IP + header, payload, 0, length);
    byte[] bytes = bytes(frame);
    Fragments.repairIpChecksum(bytes);
    return bytes;
  }

  private void sum(ByteBuffer payload, IpAddress to, int protocol) {
    int at = protocol == PacketView.TCP ? 16 : 6;
    if (payload.capacity() < at + 2 || random.nextInt(10) == 0) {
      return;
    }
    payload.putShort(at, (short) 0);
    long pseudo = Checksum.pseudoHeader(address, to, protocol, payload.capacity());
    long sum = pseudo + Checksum.sum(payload, 0, payload.capacity());
    payload.putShort(at, (short) Checksum.finish(sum));
  }

  private ByteBuffer payload(int protocol) {
    return switch (protocol) {
      case PacketView.TCP -> tcp();
      case PacketView.UDP -> udp();
      case PacketView.ICMP -> icmp();
      default -> noise(random.nextInt(100));
    };
  }

  private ByteBuffer noise(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private ByteBuffer tcp() {
    ByteBuffer segment =
        noise(random.nextInt(8) == 0 ? random.nextInt(20) : 20 + random.nextInt(200));
    if (segment.capacity() < 20) {
      return segment;
    }
    segment.putShort(0, (short) (40_000 + random.nextInt(40)));
    segment.putShort(2, (short) port());
    segment.putInt(4, random.nextInt(4) == 0 ? random.nextInt() : 1000 + random.nextInt(3));
    if (random.nextInt(4) > 0) {
      segment.put(12, (byte) ((5 + random.nextInt(11)) << 4));
    }
    if (random.nextBoolean()) {
      segment.put(13, (byte) (random.nextBoolean() ? 0x02 : 0x10));
    }
    return segment;
  }

  private ByteBuffer udp() {
    ByteBuffer datagram =
        noise(random.nextInt(8) == 0 ? random.nextInt(8) : 8 + random.nextInt(300));
    if (datagram.capacity() < 8) {
      return datagram;
    }
    datagram.putShort(2, (short) port());
    datagram.putShort(4, (short) (random.nextInt(5) == 0 ? odd() : datagram.capacity()));
    if (datagram.capacity() >= 24 && datagram.getShort(2) == 53) {
      // The header of one question; names, pointers and lengths stay noise.
      datagram.putShort(10, (short) 0x0100).putShort(12, (short) 1).putInt(14, 0);
      datagram.putShort(18, (short) random.nextInt(2));
    }
    return datagram;
  }

  private ByteBuffer icmp() {
    ByteBuffer message = noise(random.nextInt(80));
    if (message.capacity() >= 8 && random.nextInt(4) > 0) {
      message.put(0, (byte) (random.nextBoolean() ? 8 : random.nextInt(20)));
      message.putShort(2, (short) 0);
      int sum = Checksum.finish(Checksum.sum(message, 0, message.capacity()));
      message.putShort(2, (short) sum);
    }
    return message;
  }
}
