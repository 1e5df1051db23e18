package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of an arm64 Linux Image (Documentation/arch/arm64/booting, 4): where it wants to
 * stand.
 *
 * @param textOffset from a 2 MiB boundary, in bytes
 * @param imageBytes of memory from there on, more than the file has
 */
record KernelImage(long textOffset, long imageBytes) {
  static final int HEADER_BYTES = 64;
  private static final int MAGIC = 0x644d5241; // "ARM\x64"
  private static final int TEXT_OFFSET_AT = 8;
  private static final int IMAGE_SIZE_AT = 16;
  private static final int FLAGS_AT = 24;
  private static final int MAGIC_AT = 56;
  private static final long BIG_ENDIAN = 1;

  private static final int GZIP = 0x8b1f;
  private static final int PE = 0x5a4d; // "MZ"
  private static final int ZIMG = 0x676d697a; // "zimg", of an EFI image that unpacks itself
  private static final int ZIMG_AT = 4;

  /**
   * @param header the first {@value #HEADER_BYTES} bytes of the file
   * @param fileBytes how long the file is
   * @throws Failure INVALID_ARGUMENT for what is no such image, with what it is instead
   */
  static KernelImage parse(String name, ByteBuffer header, long fileBytes) {
    ByteBuffer bytes = header.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < HEADER_BYTES || bytes.getInt(MAGIC_AT) != MAGIC) {
      throw refused(name, other(bytes));
    }
    long textOffset = bytes.getLong(TEXT_OFFSET_AT);
    long imageBytes = bytes.getLong(IMAGE_SIZE_AT);
    if ((bytes.getLong(FLAGS_AT) & BIG_ENDIAN) != 0) {
      throw refused(name, "it is big-endian");
    }
    // Before Linux 3.17 the size was zero and the offset not to be relied on.
    if (imageBytes < fileBytes || textOffset < 0 || textOffset >= Layout.BLOCK) {
      throw refused(
          name,
          "its header says offset 0x%x and %d bytes, the file has %d"
              .formatted(textOffset, imageBytes, fileBytes));
    }
    return new KernelImage(textOffset, imageBytes);
  }

  private static String other(ByteBuffer bytes) {
    int start = bytes.remaining() < Short.BYTES ? 0 : bytes.getShort(0) & 0xffff;
    boolean packed =
        start == GZIP
            || (start == PE && bytes.remaining() >= HEADER_BYTES && bytes.getInt(ZIMG_AT) == ZIMG);
    return packed
        ? "it is compressed; unpack it first"
        : "it does not have the header of an arm64 Image";
  }

  private static Failure refused(String name, String why) {
    return Failure.invalidArgument("kernel %s cannot be booted: %s".formatted(name, why));
  }
}
