package dev.beagle.image.erofs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A superblock that was read and found good.
 *
 * @param blockBits log2 of the block size, 9 to 16
 * @param epoch seconds that compact inodes have as their time
 * @param metaStart byte offset that nids count from
 * @param xattrStart byte offset that shared xattr ids count from
 */
record ImageHeader(
    int blockBits,
    int rootNid,
    long inodes,
    long epoch,
    int epochNanos,
    long metaStart,
    long xattrStart,
    List<LongPrefix> prefixes) {

  /** An xattr name prefix of the image's own (feature XATTR_PREFIXES): a namespace and an infix. */
  static final class LongPrefix {
    final int baseIndex;
    final byte[] infix;

    LongPrefix(int baseIndex, byte[] infix) {
      this.baseIndex = baseIndex;
      this.infix = infix;
    }
  }

  int blockBytes() {
    return 1 << blockBits;
  }

  static ImageHeader read(ImageInput in) {
    if (in.length() < ErofsFormat.SUPERBLOCK_OFFSET + ErofsFormat.SUPERBLOCK_BYTES) {
      throw in.corrupted("it is too short for a superblock");
    }
    ByteBuffer sb = in.read(ErofsFormat.SUPERBLOCK_OFFSET, ErofsFormat.SUPERBLOCK_BYTES);
    if (sb.getInt(0) != ErofsFormat.MAGIC) {
      throw in.corrupted("it has no EROFS superblock");
    }
    int blockBits = sb.get(12);
    int incompat = sb.getInt(80);
    int known = ErofsFormat.INCOMPAT_CHUNKED | ErofsFormat.INCOMPAT_XATTR_PREFIXES;
    if (blockBits < 9 || blockBits > 16 || sb.get(13) != 0 || sb.get(90) != 0) {
      throw in.corrupted("its block size or superblock extension is not one that we read");
    }
    if ((incompat & ~known) != 0 || sb.getShort(84) != 0 || sb.getShort(86) != 0) {
      throw in.corrupted(
          "it uses features that we do not read (compression or devices): 0x%x"
              .formatted(incompat));
    }
    if ((sb.getInt(8) & ErofsFormat.COMPAT_CHECKSUM) != 0) {
      verifyChecksum(in, sb.getInt(4), 1 << blockBits);
    }
    int epochNanos = sb.getInt(32);
    if (epochNanos < 0 || epochNanos > 999_999_999) {
      throw in.corrupted("its fixed time is not one");
    }
    return new ImageHeader(
        blockBits,
        sb.getShort(14) & 0xffff,
        sb.getLong(16),
        sb.getLong(24),
        epochNanos,
        Integer.toUnsignedLong(sb.getInt(40)) << blockBits,
        Integer.toUnsignedLong(sb.getInt(44)) << blockBits,
        readPrefixes(in, incompat, sb.get(91) & 0xff, Integer.toUnsignedLong(sb.getInt(92)) * 4));
  }

  private static void verifyChecksum(ImageInput in, int stored, int blockBytes) {
    int covered =
        blockBytes > ErofsFormat.SUPERBLOCK_OFFSET
            ? blockBytes - ErofsFormat.SUPERBLOCK_OFFSET
            : blockBytes;
    ByteBuffer bytes = in.read(ErofsFormat.SUPERBLOCK_OFFSET, covered);
    bytes.putInt(4, 0);
    if (Superblock.checksum(bytes) != stored) {
      throw in.corrupted("the checksum of its superblock differs");
    }
  }

  private static List<LongPrefix> readPrefixes(ImageInput in, int incompat, int count, long start) {
    List<LongPrefix> prefixes = new ArrayList<>();
    if ((incompat & ErofsFormat.INCOMPAT_XATTR_PREFIXES) == 0) {
      return prefixes;
    }
    long at = start;
    for (int i = 0; i < count; i++) {
      int size = in.read(at, 2).getShort() & 0xffff;
      if (size < 1 || size > 1 + ErofsFormat.MAX_NAME) {
        throw in.corrupted("one of its xattr prefixes has " + size + " bytes");
      }
      byte[] entry = new byte[size];
      in.read(at + 2, size).get(entry);
      prefixes.add(new LongPrefix(entry[0] & 0xff, Arrays.copyOfRange(entry, 1, size)));
      at = ErofsFormat.alignUp(at + 2 + size, 4);
    }
    return prefixes;
  }
}
