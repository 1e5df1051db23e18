package dev.beagle.net.wire;

import java.nio.ByteBuffer;

/**
 * The fields of a TCP header (RFC 9293 3.1) with the options that we know; used for parsing and for
 * emitting, one object for many segments. Confined to one thread.
 */
public final class TcpHeader {
  public static final int FIN = 1;
  public static final int SYN = 2;
  public static final int RST = 4;
  public static final int PSH = 8;
  public static final int ACK = 16;
  public static final int LENGTH = 20;

  public int sourcePort;
  public int destinationPort;
  public int sequence;
  public int acknowledgment;
  public int flags;

  /** As it stands in the header, not scaled. */
  public int window;

  /** 0 when absent. */
  public int maximumSegmentSize;

  /** -1 when absent. */
  public int windowScale;

  /** Parsed: header and options. */
  public int headerLength;

  /** Reads the header at {@code at}; false if it does not fit before {@code end}. */
  public boolean parse(ByteBuffer buffer, int at, int end) {
    if (end - at < LENGTH) {
      return false;
    }
    headerLength = (buffer.get(at + 12) >>> 4 & 0xF) * 4;
    if (headerLength < LENGTH || headerLength > end - at) {
      return false;
    }
    sourcePort = buffer.getShort(at) & 0xFFFF;
    destinationPort = buffer.getShort(at + 2) & 0xFFFF;
    sequence = buffer.getInt(at + 4);
    acknowledgment = buffer.getInt(at + 8);
    flags = buffer.get(at + 13) & 0x3F;
    window = buffer.getShort(at + 14) & 0xFFFF;
    maximumSegmentSize = 0;
    windowScale = -1;
    if ((flags & SYN) != 0) {
      parseOptions(buffer, at + LENGTH, at + headerLength);
    }
    return true;
  }

  private void parseOptions(ByteBuffer buffer, int from, int to) {
    int at = from;
    while (at < to) {
      int kind = buffer.get(at) & 0xFF;
      if (kind == 0) {
        return;
      }
      if (kind == 1) {
        at++;
        continue;
      }
      int length = at + 1 < to ? buffer.get(at + 1) & 0xFF : 0;
      if (length < 2 || at + length > to) {
        return; // Garbage ends the options, not the segment.
      }
      if (kind == 2 && length == 4) {
        maximumSegmentSize = buffer.getShort(at + 2) & 0xFFFF;
      } else if (kind == 3 && length == 3) {
        windowScale = Math.min(buffer.get(at + 2) & 0xFF, 14);
      }
      at += length;
    }
  }

  /** Bytes that {@link #write} needs. */
  public int emittedLength() {
    return LENGTH + (maximumSegmentSize != 0 ? 4 : 0) + (windowScale >= 0 ? 4 : 0);
  }

  /** Writes header and options with a checksum of zero. */
  public void write(ByteBuffer buffer, int at) {
    buffer.putShort(at, (short) sourcePort);
    buffer.putShort(at + 2, (short) destinationPort);
    buffer.putInt(at + 4, sequence);
    buffer.putInt(at + 8, acknowledgment);
    buffer.put(at + 12, (byte) ((emittedLength() / 4) << 4));
    buffer.put(at + 13, (byte) flags);
    buffer.putShort(at + 14, (short) window);
    buffer.putInt(at + 16, 0);
    int option = at + LENGTH;
    if (maximumSegmentSize != 0) {
      buffer.putInt(option, 0x0204_0000 | maximumSegmentSize);
      option += 4;
    }
    if (windowScale >= 0) {
      buffer.putInt(option, 0x0103_0300 | windowScale);
    }
  }

  public boolean has(int flag) {
    return (flags & flag) != 0;
  }
}
