package dev.beagle.image.erofs;

/** Numbers of the on-disk format (Linux, fs/erofs/erofs_fs.h); everything is little-endian. */
final class ErofsFormat {
  static final int SUPERBLOCK_OFFSET = 1024;
  static final int SUPERBLOCK_BYTES = 128;
  static final int MAGIC = 0xE0F5E1E2;

  /** Block size of the images that we write. */
  static final int BLOCK_BITS = 12;

  static final int BLOCK = 1 << BLOCK_BITS;

  static final int COMPAT_CHECKSUM = 0x1;
  static final int COMPAT_MTIME = 0x2;
  static final int INCOMPAT_CHUNKED = 0x4;
  static final int INCOMPAT_XATTR_PREFIXES = 0x40;

  static final int SLOT_BYTES = 32;
  static final int COMPACT_INODE_BYTES = 32;
  static final int EXTENDED_INODE_BYTES = 64;

  static final int LAYOUT_PLAIN = 0;
  static final int LAYOUT_INLINE = 2;
  static final int LAYOUT_CHUNK = 4;

  static final int CHUNK_BITS_MASK = 0x1f;
  static final int CHUNK_INDEXES = 0x20;

  /** No block: a hole, or a file whose bytes are all inline. */
  static final int NO_BLOCK = 0xFFFFFFFF;

  static final int DIRENT_BYTES = 12;
  static final int MAX_NAME = 255;
  static final int MAX_SYMLINK = 4095;

  static final int XATTR_HEADER_BYTES = 12;
  static final int XATTR_ENTRY_BYTES = 4;
  static final int XATTR_USER = 1;
  static final int XATTR_ACL_ACCESS = 2;
  static final int XATTR_ACL_DEFAULT = 3;
  static final int XATTR_TRUSTED = 4;
  static final int XATTR_SECURITY = 6;

  /** The largest body that the 16-bit i_xattr_icount can say. */
  static final int MAX_XATTR_BODY = XATTR_HEADER_BYTES + 4 * (0xFFFF - 1);

  static final int S_IFMT = 0xF000;
  static final int S_IFIFO = 0x1000;
  static final int S_IFCHR = 0x2000;
  static final int S_IFDIR = 0x4000;
  static final int S_IFBLK = 0x6000;
  static final int S_IFREG = 0x8000;
  static final int S_IFLNK = 0xA000;
  static final int S_IFSOCK = 0xC000;

  private ErofsFormat() {}

  static long alignUp(long value, int powerOfTwo) {
    return (value + powerOfTwo - 1) & -(long) powerOfTwo;
  }

  /** i_xattr_icount of a body of that many bytes. */
  static int xattrCount(int bodyBytes) {
    return bodyBytes == 0 ? 0 : (bodyBytes - XATTR_HEADER_BYTES) / 4 + 1;
  }

  /** Linux' new_encode_dev: 12 bits of major, 20 of minor. */
  static int encodeDevice(int major, int minor) {
    return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
  }

  static int deviceMajor(int encoded) {
    return (encoded >>> 8) & 0xfff;
  }

  static int deviceMinor(int encoded) {
    return (encoded & 0xff) | ((encoded >>> 12) & 0xfff00);
  }
}
