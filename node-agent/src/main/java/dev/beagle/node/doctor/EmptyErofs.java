package dev.beagle.node.doctor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The smallest EROFS image: one block with the superblock and an empty root folder, to try whether
 * the kernel mounts the format (kernel documentation, filesystems/erofs).
 */
final class EmptyErofs {
  private static final int BLOCK_BITS = 12;
  private static final int MAGIC = 0xE0F5E1E2;
  private static final int SUPERBLOCK_OFFSET = 1024;
  private static final int SUPERBLOCK_SIZE = 128;

  /**
   * Inodes are found by number in units of 32 bytes from the start of the metadata, here block 0.
   */
  private static final int INODE_UNIT = 32;

  private static final int ROOT_NUMBER = (SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE) / INODE_UNIT;

  /** Compact inode, its data right behind it. */
  private static final short FORMAT_COMPACT_INLINE = 2 << 1;

  private static final short FOLDER_MODE = 0040755;
  private static final byte TYPE_FOLDER = 2;
  private static final int ENTRY_SIZE = 12;

  private EmptyErofs() {}

  static byte[] image() {
    ByteBuffer image = ByteBuffer.allocate(1 << BLOCK_BITS).order(ByteOrder.LITTLE_ENDIAN);
    image.putInt(SUPERBLOCK_OFFSET, MAGIC);
    image.put(SUPERBLOCK_OFFSET + 12, (byte) BLOCK_BITS);
    image.putShort(SUPERBLOCK_OFFSET + 14, (short) ROOT_NUMBER);
    image.putLong(SUPERBLOCK_OFFSET + 16, 1); // inodes
    image.putInt(SUPERBLOCK_OFFSET + 36, 1); // blocks

    byte[] names = "...".getBytes(StandardCharsets.US_ASCII); // "." and "..", without separator
    int inode = ROOT_NUMBER * INODE_UNIT;
    image.putShort(inode, FORMAT_COMPACT_INLINE);
    image.putShort(inode + 4, FOLDER_MODE);
    image.putShort(inode + 6, (short) 2); // links
    image.putInt(inode + 8, 2 * ENTRY_SIZE + names.length);
    image.putInt(inode + 20, 1); // inode number shown by stat

    int entries = inode + INODE_UNIT;
    for (int entry = 0; entry < 2; entry++) {
      image.putLong(entries + entry * ENTRY_SIZE, ROOT_NUMBER);
      image.putShort(entries + entry * ENTRY_SIZE + 8, (short) (2 * ENTRY_SIZE + entry));
      image.put(entries + entry * ENTRY_SIZE + 10, TYPE_FOLDER);
    }
    image.put(entries + 2 * ENTRY_SIZE, names);
    return image.array();
  }
}
