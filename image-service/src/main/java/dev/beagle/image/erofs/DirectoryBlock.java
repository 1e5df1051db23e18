package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;

/** One block of a directory, checked as it is used: entries first, then their names. */
final class DirectoryBlock {
  private final ByteBuffer block;
  private final int count;
  private final ImageInput in;
  private final long nid;

  /**
   * Takes the used bytes of the block.
   *
   * @param nid the directory, for messages
   */
  DirectoryBlock(ByteBuffer block, ImageInput in, long nid) {
    this.block = block;
    this.in = in;
    this.nid = nid;
    int names = block.limit() < ErofsFormat.DIRENT_BYTES ? 0 : nameOffset(0);
    if (names < ErofsFormat.DIRENT_BYTES
        || names % ErofsFormat.DIRENT_BYTES != 0
        || names >= block.limit()) {
      throw bad("has a block without a first name");
    }
    this.count = names / ErofsFormat.DIRENT_BYTES;
  }

  int count() {
    return count;
  }

  private int nameOffset(int index) {
    return block.getShort(index * ErofsFormat.DIRENT_BYTES + 8) & 0xffff;
  }

  byte[] name(int index) {
    int from = nameOffset(index);
    int to = index + 1 < count ? nameOffset(index + 1) : endOfLastName(from);
    if (from < count * ErofsFormat.DIRENT_BYTES
        || to <= from
        || to > block.limit()
        || to - from > ErofsFormat.MAX_NAME) {
      throw bad("has a name that is empty, too long or outside of its block");
    }
    byte[] name = new byte[to - from];
    block.get(from, name);
    for (byte b : name) {
      if (b == '/' || b == 0) {
        throw bad("has a name with a slash or a NUL");
      }
    }
    return name;
  }

  /** The last name ends at the first NUL or where the block ends. */
  private int endOfLastName(int from) {
    int end = from;
    while (end < block.limit() && block.get(end) != 0) {
      end++;
    }
    return end;
  }

  ErofsDirent entry(int index) {
    return new ErofsDirent(name(index), nidOf(index), block.get(typeAt(index)) & 0xff);
  }

  long nidOf(int index) {
    return block.getLong(index * ErofsFormat.DIRENT_BYTES);
  }

  private static int typeAt(int index) {
    return index * ErofsFormat.DIRENT_BYTES + 10;
  }

  private Failure bad(String reason) {
    return in.corrupted("directory " + nid + " " + reason);
  }
}
