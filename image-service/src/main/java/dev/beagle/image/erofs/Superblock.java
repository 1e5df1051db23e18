package dev.beagle.image.erofs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The superblock that we write, at byte 1024.
 *
 * @param incompat feature_incompat
 * @param rootNid at most 65,535
 * @param blocks length of the image in blocks
 * @param metaBlock meta_blkaddr, which nids count from
 */
record Superblock(int incompat, int rootNid, long inodes, long blocks, int metaBlock) {
  /** The 128 bytes, with the checksum over the rest of block 0, which is zero. */
  ByteBuffer encode(UUID uuid) {
    ByteBuffer bytes =
        ByteBuffer.allocate(ErofsFormat.BLOCK - ErofsFormat.SUPERBLOCK_OFFSET)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, ErofsFormat.MAGIC);
    bytes.putInt(8, ErofsFormat.COMPAT_CHECKSUM | ErofsFormat.COMPAT_MTIME);
    bytes.put(12, (byte) ErofsFormat.BLOCK_BITS);
    bytes.putShort(14, (short) rootNid);
    bytes.putLong(16, inodes);
    bytes.putInt(36, (int) blocks);
    bytes.putInt(40, metaBlock);
    bytes.order(ByteOrder.BIG_ENDIAN);
    bytes.putLong(48, uuid.getMostSignificantBits()).putLong(56, uuid.getLeastSignificantBits());
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(80, incompat);
    bytes.putInt(4, checksum(bytes.duplicate()));
    return bytes.limit(ErofsFormat.SUPERBLOCK_BYTES);
  }

  /** CRC-32C without the final inversion, as the kernel's crc32c() gives it. */
  static int checksum(ByteBuffer restOfBlock) {
    CRC32C crc = new CRC32C();
    crc.update(restOfBlock);
    return ~(int) crc.getValue();
  }
}
