package dev.beagle.guestimage.deb;

import dev.beagle.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/** Streams of compressed data, by the ending of a name. */
public final class Unpacking {
  /** What xz -9 takes, and some. */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  private Unpacking() {}

  private static InputStream open(String ending, InputStream in) throws IOException {
    return switch (ending) {
      case "" -> in;
      case ".xz" ->
          XZCompressorInputStream.builder()
              .setInputStream(in)
              .setDecompressConcatenated(true)
              .setMemoryLimitKiB(XZ_MEMORY_KIB)
              .get();
      case ".zst" -> new ZstdCompressorInputStream(in);
      case ".gz" ->
          GzipCompressorInputStream.builder()
              .setInputStream(in)
              .setDecompressConcatenated(true)
              .get();
      default ->
          throw Failure.unsupported(
              "data compressed as \"%s\" is not read; known are .xz, .zst and .gz"
                  .formatted(ending));
    };
  }

  /**
   * Reading it ends with a Failure CORRUPTED where there are more bytes than there may be.
   *
   * @param ending ".xz", ".zst", ".gz" or none
   * @throws Failure UNSUPPORTED for another ending
   * @throws IOException when the data does not begin as it should
   */
  public static InputStream open(String ending, InputStream in, long limitBytes)
      throws IOException {
    return new LimitedInput(open(ending, in), limitBytes);
  }

  /**
   * All of it, from memory.
   *
   * @throws Failure CORRUPTED when it is no such data or more than it may be
   */
  public static ByteBuffer whole(String name, String ending, ByteBuffer packed, int limitBytes) {
    byte[] bytes = new byte[packed.remaining()];
    packed.duplicate().get(bytes);
    try (InputStream in = open(ending, new ByteArrayInputStream(bytes), limitBytes)) {
      return ByteBuffer.wrap(in.readAllBytes());
    } catch (IOException error) {
      throw Failure.corrupted(
          "%s cannot be unpacked: %s".formatted(name, error.getMessage()), error);
    }
  }
}
