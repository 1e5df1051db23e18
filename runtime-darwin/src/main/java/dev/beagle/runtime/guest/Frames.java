package dev.beagle.runtime.guest;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.beagle.failure.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Framing of PROTOCOL.md: u32 length (big endian), then the message. */
final class Frames {
  static final int MAX_BYTES = 4 * 1024 * 1024;

  private Frames() {}

  static byte[] encode(MessageLite message) {
    int size = message.getSerializedSize();
    if (size > MAX_BYTES) {
      throw Failure.invalidArgument(
          "message for the guest agent of " + size + " bytes, limit 4 MiB");
    }
    ByteBuffer frame = ByteBuffer.allocate(4 + size);
    frame.putInt(size);
    frame.put(message.toByteArray());
    return frame.array();
  }

  static void write(WritableByteChannel channel, MessageLite message) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(encode(message));
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /**
   * @throws EOFException when the channel ended before or within the frame
   */
  static <T extends MessageLite> T read(ReadableByteChannel channel, Parser<T> parser)
      throws IOException {
    ByteBuffer length = ByteBuffer.allocate(4);
    readFully(channel, length);
    return parse(readBody(channel, length.flip().getInt()), parser);
  }

  private static ByteBuffer readBody(ReadableByteChannel channel, int length) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(checkedLength(length));
    readFully(channel, body);
    return body.flip();
  }

  static int checkedLength(int length) {
    if (length < 0 || length > MAX_BYTES) {
      throw Failure.corrupted(
          "guest agent sent a frame of " + Integer.toUnsignedLong(length) + " bytes");
    }
    return length;
  }

  static <T extends MessageLite> T parse(ByteBuffer body, Parser<T> parser) {
    try {
      return parser.parseFrom(body);
    } catch (InvalidProtocolBufferException error) {
      throw Failure.corrupted("guest agent sent a message that does not parse", error);
    }
  }

  private static void readFully(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("guest agent closed the connection");
      }
    }
  }
}
