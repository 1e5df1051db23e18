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

  /** How long a guest may believe it what may change, in seconds; and what never does: a day. */
  private static final long SHORT = 1;

  private static final long LONG = 86_400;

  private Attributes() {}

  /** How long a guest may believe the attributes of a file, in seconds. */
  static long validity(boolean immutable) {
    return immutable ? LONG : SHORT;
  }

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
   * {@code struct fuse_entry_out}, 128 bytes. Its name is believed for a short time only: also what
   * never changes can be taken away.
   *
   * @param node 0 for an entry that the guest is not to remember
   * @param immutable whether its attributes never change
   */
  static void writeEntry(long node, FileStatus status, boolean immutable, ByteBuffer out) {
    out.putLong(node).putLong(0);
    out.putLong(SHORT).putLong(validity(immutable));
    out.putInt(0).putInt(0);
    write(status, out);
  }
}
