package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A client's end of SPDY/3.1 written from the specification, not with Netty: makes the bytes of
 * frames and reads those that the server sends. Not thread-safe.
 */
final class SpdyWire {
  private static final int SYN_STREAM = 1;
  private static final int SYN_REPLY = 2;
  private static final int RST_STREAM = 3;
  private static final int PING = 6;
  private static final String FIRST_WORDS =
      "options head post put delete trace accept accept-charset accept-encoding accept-language"
          + " accept-ranges age allow authorization cache-control connection content-base"
          + " content-encoding content-language content-length content-location content-md5"
          + " content-range content-type date etag expect expires from host if-match"
          + " if-modified-since if-none-match if-range if-unmodified-since last-modified location"
          + " max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after"
          + " server te trailer transfer-encoding upgrade user-agent vary via warning"
          + " www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie"
          + " keep-alive origin";
  private static final String REST =
      "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
          + "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
          + "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not"
          + " Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"
          + " 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,"
          + "image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
          + "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8"
          + "charset=iso-8859-1,utf-,*,enq=0.";

  private final Deflater deflater = new Deflater();
  private final Inflater inflater = new Inflater();
  private final ByteArrayOutputStream unread = new ByteArrayOutputStream();

  SpdyWire() {
    deflater.setDictionary(dictionary());
  }

  /** SPDY/3, section 2.6.10.1. */
  private static byte[] dictionary() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String word : FIRST_WORDS.split(" ", -1)) {
      bytes.writeBytes(ByteBuffer.allocate(4).putInt(word.length()).array());
      bytes.writeBytes(word.replace('_', ' ').getBytes(US_ASCII));
    }
    bytes.writeBytes(REST.getBytes(US_ASCII));
    return bytes.toByteArray();
  }

  byte[] open(int streamId, Map<String, String> headers) {
    return openWithBlock(streamId, compress(block(headers)));
  }

  /** A SYN_STREAM with a header block as given. */
  byte[] openWithBlock(int streamId, byte[] block) {
    ByteBuffer body = ByteBuffer.allocate(10 + block.length);
    body.putInt(streamId).putInt(0).putShort((short) 0).put(block);
    return control(SYN_STREAM, 0, body.array());
  }

  static byte[] block(Map<String, String> headers) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(ByteBuffer.allocate(4).putInt(headers.size()).array());
    headers.forEach((name, value) -> {
      for (String part : List.of(name, value)) {
        block.writeBytes(ByteBuffer.allocate(4).putInt(part.length()).array());
        block.writeBytes(part.getBytes(ISO_8859_1));
      }
    });
    return block.toByteArray();
  }

  byte[] compress(byte[] block) {
    deflater.setInput(block);
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    byte[] piece = new byte[4096];
    int count;
    do {
      count = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
      compressed.write(piece, 0, count);
    } while (count == piece.length);
    return compressed.toByteArray();
  }

  static byte[] data(int streamId, byte[] content, boolean last) {
    return ByteBuffer.allocate(8 + content.length)
        .putInt(streamId)
        .putInt((last ? 1 << 24 : 0) | content.length)
        .put(content)
        .array();
  }

  static byte[] reset(int streamId) {
    return control(RST_STREAM, 0, ByteBuffer.allocate(8).putInt(streamId).putInt(5).array());
  }

  static byte[] ping(int id) {
    return control(PING, 0, ByteBuffer.allocate(4).putInt(id).array());
  }

  static byte[] control(int type, int flags, byte[] body) {
    return ByteBuffer.allocate(8 + body.length)
        .putInt(0x8003_0000 | type)
        .putInt(flags << 24 | body.length)
        .put(body)
        .array();
  }

  /** The frames that are complete by now. */
  List<Frame> read(byte[] received) {
    unread.writeBytes(received);
    ByteBuffer bytes = ByteBuffer.wrap(unread.toByteArray());
    List<Frame> frames = new ArrayList<>();
    while (bytes.remaining() >= 8) {
      int length = bytes.getInt(bytes.position() + 4) & 0xFF_FFFF;
      if (bytes.remaining() < 8 + length) {
        break;
      }
      int first = bytes.getInt();
      boolean last = (bytes.getInt() >> 24 & 1) != 0;
      byte[] body = new byte[length];
      bytes.get(body);
      frames.add(first < 0 ? controlFrame(first & 0xFFFF, body) : new Data(first, body, last));
    }
    unread.reset();
    unread.write(bytes.array(), bytes.position(), bytes.remaining());
    return frames;
  }

  private Frame controlFrame(int type, byte[] body) {
    int id = ByteBuffer.wrap(body).getInt();
    return switch (type) {
      case SYN_REPLY -> new Reply(id, headers(body));
      case RST_STREAM -> new Reset(id, ByteBuffer.wrap(body).getInt(4));
      case PING -> new Ping(id);
      default -> throw new AssertionError("control frame of type " + type);
    };
  }

  private Map<String, String> headers(byte[] body) {
    inflater.setInput(body, 4, body.length - 4);
    byte[] block = new byte[4096];
    int length;
    try {
      length = inflater.inflate(block);
      if (length == 0 && inflater.needsDictionary()) {
        inflater.setDictionary(dictionary());
        length = inflater.inflate(block);
      }
    } catch (DataFormatException malformed) {
      throw new AssertionError(malformed);
    }
    ByteBuffer bytes = ByteBuffer.wrap(block, 0, length);
    Map<String, String> headers = new LinkedHashMap<>();
    int count = bytes.getInt();
    while (headers.size() < count) {
      headers.put(text(bytes), text(bytes));
    }
    return headers;
  }

  private static String text(ByteBuffer bytes) {
    byte[] text = new byte[bytes.getInt()];
    bytes.get(text);
    return new String(text, ISO_8859_1);
  }

  sealed interface Frame {}

  record Reply(int streamId, Map<String, String> headers) implements Frame {}

  @SuppressWarnings("ArrayRecordComponent") // Compared by content where it matters.
  record Data(int streamId, byte[] content, boolean last) implements Frame {}

  record Reset(int streamId, int status) implements Frame {}

  record Ping(int id) implements Frame {}
}
