package dev.beagle.net.dns;

import java.nio.ByteBuffer;

/**
 * The little that a forwarder reads of a DNS message (RFC 1035 4.1, RFC 6891 6.1.2); everything
 * else passes as bytes. Pure; never reads past the buffer's limit, whatever the message says.
 */
final class DnsMessage {
  static final int HEADER = 12;
  static final int PLAIN_LIMIT = 512;
  static final int NO_ERROR = 0;
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int NOT_IMPLEMENTED = 4;
  static final int REFUSED = 5;

  private static final int OPT = 41;
  private static final int RESPONSE = 0x8000;
  private static final int TRUNCATED = 0x0200;
  private static final int LONGEST_NAME = 255;

  private final ByteBuffer bytes;

  /** Takes the bytes from 0 to the limit. */
  DnsMessage(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  ByteBuffer bytes() {
    return bytes.duplicate().position(0);
  }

  int length() {
    return bytes.limit();
  }

  boolean hasHeader() {
    return length() >= HEADER;
  }

  int id() {
    return bytes.getShort(0) & 0xFFFF;
  }

  void setId(int id) {
    bytes.putShort(0, (short) id);
  }

  private int flags() {
    return bytes.getShort(2) & 0xFFFF;
  }

  boolean isResponse() {
    return (flags() & RESPONSE) != 0;
  }

  boolean isTruncated() {
    return (flags() & TRUNCATED) != 0;
  }

  int operation() {
    return flags() >>> 11 & 0xF;
  }

  int responseCode() {
    return flags() & 0xF;
  }

  private int count(int section) {
    return bytes.getShort(4 + 2 * section) & 0xFFFF;
  }

  /** Index after the one question, or -1 if there is not exactly one or it is broken. */
  int questionEnd() {
    if (count(0) != 1) {
      return -1;
    }
    int end = nameEnd(HEADER);
    return end < 0 || end + 4 > length() ? -1 : end + 4;
  }

  /** Where the UDP payload size of the OPT record stands, or -1. */
  int payloadSizeAt() {
    int at = questionEnd();
    int records = count(1) + count(2) + count(3);
    for (int record = 0; record < records && at >= 0; record++) {
      int fields = nameEnd(at);
      if (fields < 0 || fields + 10 > length()) {
        return -1;
      }
      if (bytes.getShort(fields) == OPT) {
        return fields + 2;
      }
      at = fields + 10 + (bytes.getShort(fields + 8) & 0xFFFF);
      if (at > length()) {
        return -1;
      }
    }
    return -1;
  }

  private int nameEnd(int from) {
    int at = from;
    while (at < length() && at - from <= LONGEST_NAME) {
      int label = bytes.get(at) & 0xFF;
      if (label == 0) {
        return at + 1;
      }
      if (label >= 0xC0) {
        return at + 2;
      }
      if (label >= 0x40) {
        return -1;
      }
      at += 1 + label;
    }
    return -1;
  }

  /** Whether this answers that query: same question, letters of either case. */
  boolean answers(DnsMessage query) {
    int end = query.questionEnd();
    if (!hasHeader() || !isResponse() || id() != query.id() || questionEnd() != end) {
      return false;
    }
    for (int at = HEADER; at < end; at++) {
      if (lower(bytes.get(at)) != lower(query.bytes.get(at))) {
        return false;
      }
    }
    return true;
  }

  private static int lower(byte letter) {
    return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
  }

  /** This response, without its records if it is long: it is kept while others are asked. */
  DnsMessage bounded() {
    return length() <= PLAIN_LIMIT ? this : new DnsMessage(emptyAnswer(responseCode(), false));
  }

  /** A response to this query without records. */
  ByteBuffer emptyAnswer(int responseCode, boolean truncated) {
    int end = questionEnd();
    int length = Math.max(end, HEADER);
    ByteBuffer answer = ByteBuffer.allocate(length).put(0, bytes, 0, length);
    int kept = flags() & 0x7900; // Operation and "recursion desired".
    answer.putShort(
        2, (short) (RESPONSE | kept | 0x80 | (truncated ? TRUNCATED : 0) | responseCode));
    answer.putShort(4, (short) (end < 0 ? 0 : 1));
    answer.putInt(6, 0).putShort(10, (short) 0);
    return answer;
  }
}
