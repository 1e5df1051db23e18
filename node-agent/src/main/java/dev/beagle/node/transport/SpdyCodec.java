package dev.beagle.node.transport;

import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;

/**
 * SPDY/3.1 frames to bytes and back, the same for both ends. It needs a {@link StrictAutoRead}
 * before it.
 */
public final class SpdyCodec {
  /** What an HTTP upgrade to it is called. */
  public static final String NAME = "SPDY/3.1";

  /** Larger frames come in pieces. */
  private static final int MAX_CHUNK_BYTES = 32 * 1024;

  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int COMPRESSION_LEVEL = 6;
  private static final int WINDOW_BITS = 15;
  private static final int MEMORY_LEVEL = 8;

  private SpdyCodec() {}

  /** One for one connection; frames of unknown types are dropped. */
  public static SpdyFrameCodec create() {
    return new SpdyFrameCodec(
        SpdyVersion.SPDY_3_1,
        MAX_CHUNK_BYTES,
        MAX_HEADER_BYTES,
        COMPRESSION_LEVEL,
        WINDOW_BITS,
        MEMORY_LEVEL,
        true);
  }
}
