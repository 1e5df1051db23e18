package dev.beagle.net.wire;

import java.nio.ByteBuffer;

/**
 * The 12 bytes before every frame on a port (virtio 1.2, 5.1.6; little endian whatever the frame
 * is).
 */
public final class VirtioNetHeader {
  public static final int LENGTH = 12;
  public static final int NEEDS_CSUM = 1;
  public static final int DATA_VALID = 2;
  public static final int GSO_NONE = 0;
  public static final int GSO_TCPV4 = 1;
  public static final int GSO_TCPV6 = 4;
  public static final int GSO_ECN = 0x80;

  private VirtioNetHeader() {}

  public static int flags(ByteBuffer buffer, int at) {
    return buffer.get(at) & 0xFF;
  }

  public static int gsoType(ByteBuffer buffer, int at) {
    return buffer.get(at + 1) & 0xFF;
  }

  /** Where the sender says that the headers end; a hint, but one that a TAP checks. */
  public static int headerLength(ByteBuffer buffer, int at) {
    return littleEndian(buffer, at + 2);
  }

  public static int gsoSize(ByteBuffer buffer, int at) {
    return littleEndian(buffer, at + 4);
  }

  public static int csumStart(ByteBuffer buffer, int at) {
    return littleEndian(buffer, at + 6);
  }

  public static int csumOffset(ByteBuffer buffer, int at) {
    return littleEndian(buffer, at + 8);
  }

  /** Nothing is left to the receiver: sums are complete, the frame is one packet. */
  public static void plain(ByteBuffer buffer, int at) {
    buffer.putLong(at, 0);
    buffer.putShort(at + 8, (short) 0);
    buffer.putShort(at + 10, Short.reverseBytes((short) 1));
  }

  /**
   * The receiver completes the checksum and, where {@code gsoSize} is not zero, takes the frame for
   * several segments. The one form that a TAP and a virtio driver both take.
   */
  public static void offloaded(
      ByteBuffer buffer, int at, int headerLength, int gsoSize, int csumStart, int csumOffset) {
    buffer.put(at, (byte) NEEDS_CSUM);
    buffer.put(at + 1, (byte) (gsoSize == 0 ? GSO_NONE : GSO_TCPV4));
    putLittleEndian(buffer, at + 2, gsoSize == 0 ? 0 : headerLength);
    putLittleEndian(buffer, at + 4, gsoSize);
    putLittleEndian(buffer, at + 6, csumStart);
    putLittleEndian(buffer, at + 8, csumOffset);
    putLittleEndian(buffer, at + 10, 1);
  }

  private static int littleEndian(ByteBuffer buffer, int at) {
    return Short.reverseBytes(buffer.getShort(at)) & 0xFFFF;
  }

  private static void putLittleEndian(ByteBuffer buffer, int at, int value) {
    buffer.putShort(at, Short.reverseBytes((short) value));
  }
}
