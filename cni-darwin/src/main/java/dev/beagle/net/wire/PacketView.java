package dev.beagle.net.wire;

import java.nio.ByteBuffer;

/**
 * A frame taken apart by offsets, without copying. One object is used for frame after frame; what
 * it says holds until the next {@link #parse}. Confined to one thread.
 *
 * <p>Nothing outside [position, limit) of the buffer is ever read, whatever the lengths in the
 * frame claim.
 */
public final class PacketView {
  public static final int ETHERNET_LENGTH = 14;
  public static final int TYPE_IPV4 = 0x0800;
  public static final int TYPE_ARP = 0x0806;
  public static final int TYPE_IPV6 = 0x86DD;
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;

  /** What a frame turned out to be. */
  public enum Kind {
    /** Too short or inconsistent: to be dropped. */
    MALFORMED,
    ARP,
    IPV4,
    /** A well-formed Ethernet frame of another type. */
    OTHER
  }

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private ByteBuffer buffer = NOTHING;
  private int header;
  private int end;
  private IpAddress source = IpAddress.ofIpv4(0);
  private IpAddress destination = IpAddress.ofIpv4(0);

  /** Takes the frame between position and limit: virtio-net header first. */
  public Kind parse(ByteBuffer frame) {
    buffer = frame;
    header = frame.position();
    end = frame.limit();
    if (end - header < VirtioNetHeader.LENGTH + ETHERNET_LENGTH || !offloadIsSane()) {
      return Kind.MALFORMED;
    }
    return switch (etherType()) {
      case TYPE_ARP -> arpIsSane() ? Kind.ARP : Kind.MALFORMED;
      case TYPE_IPV4 -> parseIpv4() ? Kind.IPV4 : Kind.MALFORMED;
      default -> Kind.OTHER;
    };
  }

  /**
   * Frames go to other ports with this header as it is. A checksum or a header that ends outside
   * the frame, or a segmentation that is not of what the frame holds, would be refused by the
   * receiver's TAP (tun_get_user of Linux), or believed by its driver.
   */
  private boolean offloadIsSane() {
    int length = end - ethernet();
    if (VirtioNetHeader.headerLength(buffer, header) > length) {
      return false;
    }
    if (needsChecksum()
        && VirtioNetHeader.csumStart(buffer, header)
                + VirtioNetHeader.csumOffset(buffer, header)
                + 2
            > length) {
      return false;
    }
    return switch (gsoType()) {
      case VirtioNetHeader.GSO_NONE -> true;
      case VirtioNetHeader.GSO_TCPV4 -> isSegmented(TYPE_IPV4);
      case VirtioNetHeader.GSO_TCPV6 -> isSegmented(TYPE_IPV6);
      default -> false;
    };
  }

  private boolean isSegmented(int type) {
    return etherType() == type && needsChecksum() && VirtioNetHeader.gsoSize(buffer, header) != 0;
  }

  private boolean arpIsSane() {
    int arp = network();
    return end - arp >= 28
        && buffer.getInt(arp) == 0x0001_0800
        && buffer.getShort(arp + 4) == 0x0604;
  }

  private boolean parseIpv4() {
    int ip = network();
    if (end - ip < 20 || buffer.get(ip) >>> 4 != 4) {
      return false;
    }
    int headerLength = ipHeaderLength();
    int total = buffer.getShort(ip + 2) & 0xFFFF;
    if (headerLength < 20 || total < headerLength || total > end - ip) {
      return false;
    }
    if (Checksum.fold(Checksum.sum(buffer, ip, ip + headerLength)) != 0xFFFF) {
      return false;
    }
    end = ip + total; // Ethernet padding ends here.
    source = IpAddress.ofIpv4(buffer.getInt(ip + 12));
    destination = IpAddress.ofIpv4(buffer.getInt(ip + 16));
    return true;
  }

  public ByteBuffer buffer() {
    return buffer;
  }

  /** Index of the virtio-net header. */
  public int header() {
    return header;
  }

  /** Index of the Ethernet header. */
  public int ethernet() {
    return header + VirtioNetHeader.LENGTH;
  }

  /** Index of what follows the Ethernet header. */
  public int network() {
    return ethernet() + ETHERNET_LENGTH;
  }

  /** Index after the last byte of the packet, padding not counted. */
  public int end() {
    return end;
  }

  public int etherType() {
    return buffer.getShort(ethernet() + 12) & 0xFFFF;
  }

  public long destinationMac() {
    return mac(buffer, ethernet());
  }

  public long sourceMac() {
    return mac(buffer, ethernet() + 6);
  }

  static long mac(ByteBuffer buffer, int at) {
    return (buffer.getShort(at) & 0xFFFFL) << 32 | (buffer.getInt(at + 2) & 0xFFFF_FFFFL);
  }

  public boolean needsChecksum() {
    return (VirtioNetHeader.flags(buffer, header) & VirtioNetHeader.NEEDS_CSUM) != 0;
  }

  /** Segmentation type without the ECN bit; 0 for a single packet. */
  public int gsoType() {
    return VirtioNetHeader.gsoType(buffer, header) & ~VirtioNetHeader.GSO_ECN;
  }

  public int ipHeaderLength() {
    return (buffer.get(network()) & 0xF) * 4;
  }

  public int protocol() {
    return buffer.get(network() + 9) & 0xFF;
  }

  public int timeToLive() {
    return buffer.get(network() + 8) & 0xFF;
  }

  public boolean dontFragment() {
    return (buffer.getShort(network() + 6) & 0x4000) != 0;
  }

  public boolean isFragment() {
    return (buffer.getShort(network() + 6) & 0x3FFF) != 0;
  }

  public boolean moreFragments() {
    return (buffer.getShort(network() + 6) & 0x2000) != 0;
  }

  /** In bytes. */
  public int fragmentOffset() {
    return (buffer.getShort(network() + 6) & 0x1FFF) * 8;
  }

  public int identification() {
    return buffer.getShort(network() + 4) & 0xFFFF;
  }

  public IpAddress source() {
    return source;
  }

  public IpAddress destination() {
    return destination;
  }

  /** Index of what follows the IP header. */
  public int transport() {
    return network() + ipHeaderLength();
  }

  public int transportLength() {
    return end - transport();
  }

  public int arpOperation() {
    return buffer.getShort(network() + 6);
  }

  public long arpSenderMac() {
    return mac(buffer, network() + 8);
  }

  public IpAddress arpSender() {
    return IpAddress.ofIpv4(buffer.getInt(network() + 14));
  }

  public IpAddress arpTarget() {
    return IpAddress.ofIpv4(buffer.getInt(network() + 24));
  }

  /**
   * Whether the transport checksum is right. True where the sender left it to the receiver: what
   * NEEDS_CSUM covers never was on a wire.
   */
  public boolean transportChecksumIsRight() {
    if (needsChecksum()) {
      return true;
    }
    long sum = Checksum.sum(buffer, transport(), end);
    if (protocol() != ICMP) {
      sum += Checksum.pseudoHeader(source, destination, protocol(), transportLength());
    }
    return Checksum.fold(sum) == 0xFFFF;
  }
}
