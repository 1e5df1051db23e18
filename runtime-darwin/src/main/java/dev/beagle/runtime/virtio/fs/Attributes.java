package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.FileStatus;
import dev.beagle.runtime.posix.FileStatus.Stamp;
import java.nio.ByteBuffer;

/** How FUSE writes what a file is. */
final class Attributes {
  static final int ENTRY_BYTES = 128;
  private static final int BLOCK = 4096;

  /** The root is ours: a folder that nobody writes to. */
  static final FileStatus ROOT =
      new FileStatus(
          0,
          NodeTable.ROOT,
          0040555,
          2,
          0,
          0,
          0,
          0,
          0,
          0,
          new Stamp(0, 0),
          new Stamp(0, 0),
          new Stamp(0, 0));

  private Attributes() {}

  /** {@code struct fuse_attr}, 88 bytes. */
  static void write(FileStatus status, ByteBuffer out) {
    out.putLong(status.inode()).putLong(status.size()).putLong(status.blocks());
    out.putLong(status.accessed().seconds());
    out.putLong(status.modified().seconds());
    out.putLong(status.changed().seconds());
    out.putInt(status.accessed().nanos());
    out.putInt(status.modified().nanos());
    out.putInt(status.changed().nanos());
    out.putInt(status.mode()).putInt(status.links());
    out.putInt(status.uid()).putInt(status.gid());
    out.putInt(device(status)).putInt(BLOCK).putInt(0);
  }

  /** As Linux packs the numbers of a device node into 32 bits. */
  private static int device(FileStatus status) {
    int minor = status.minor();
    return (minor & 0xff) | (status.major() << 8) | ((minor & ~0xff) << 12);
  }

  /**
   * {@code struct fuse_entry_out}, 128 bytes.
   *
   * @param node 0 for an entry that the guest is not to remember
   * @param seconds how long the guest may believe it
   */
  static void writeEntry(long node, FileStatus status, long seconds, ByteBuffer out) {
    out.putLong(node).putLong(0);
    out.putLong(seconds).putLong(seconds);
    out.putInt(0).putInt(0);
    write(status, out);
  }
}
