package dev.beagle.net.wire;

import java.nio.ByteBuffer;

/** Writes headers at absolute positions; the caller knows that they fit. */
public final class PacketWriter {
  private PacketWriter() {}

  public static void ethernet(ByteBuffer buffer, int at, long destination, long source, int type) {
    putMac(buffer, at, destination);
    putMac(buffer, at + 6, source);
    buffer.putShort(at + 12, (short) type);
  }

  private static void putMac(ByteBuffer buffer, int at, long mac) {
    buffer.putShort(at, (short) (mac >>> 32));
    buffer.putInt(at + 2, (int) mac);
  }

  /** The fields of an IPv4 header that differ from packet to packet. */
  public record Ipv4(IpAddress source, IpAddress destination, int protocol) {}

  /**
   * Writes an IPv4 header of 20 bytes, its checksum included.
   *
   * @param fragment flags and offset as they stand in the header; 0x4000 is "don't fragment"
   */
  public static void ipv4(
      ByteBuffer buffer,
      int at,
      Ipv4 addresses,
      int totalLength,
      int identification,
      int fragment) {
    buffer.putShort(at, (short) 0x4500);
    buffer.putShort(at + 2, (short) totalLength);
    buffer.putShort(at + 4, (short) identification);
    buffer.putShort(at + 6, (short) fragment);
    buffer.put(at + 8, (byte) 64);
    buffer.put(at + 9, (byte) addresses.protocol());
    buffer.putShort(at + 10, (short) 0);
    buffer.putInt(at + 12, addresses.source().ipv4());
    buffer.putInt(at + 16, addresses.destination().ipv4());
    buffer.putShort(at + 10, (short) Checksum.finish(Checksum.sum(buffer, at, at + 20)));
  }

  /** Writes an ARP reply of 28 bytes (RFC 826). */
  public static void arpReply(
      ByteBuffer buffer, int at, long mac, IpAddress address, long targetMac, IpAddress target) {
    buffer.putLong(at, 0x0001_0800_0604_0002L);
    putMac(buffer, at + 8, mac);
    buffer.putInt(at + 14, address.ipv4());
    putMac(buffer, at + 18, targetMac);
    buffer.putInt(at + 24, target.ipv4());
  }

  /** Writes a UDP header; the payload must stand after it, for the checksum. */
  public static void udp(
      ByteBuffer buffer, int at, Ipv4 addresses, int sourcePort, int destinationPort, int length) {
    buffer.putShort(at, (short) sourcePort);
    buffer.putShort(at + 2, (short) destinationPort);
    buffer.putShort(at + 4, (short) length);
    buffer.putShort(at + 6, (short) 0);
    long sum =
        Checksum.pseudoHeader(
                addresses.source(), addresses.destination(), addresses.protocol(), length)
            + Checksum.sum(buffer, at, at + length);
    int checksum = Checksum.finish(sum);
    buffer.putShort(at + 6, (short) (checksum == 0 ? 0xFFFF : checksum));
  }
}
