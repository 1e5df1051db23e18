package dev.beagle.image.erofs;

import java.nio.ByteBuffer;

/**
 * Reads the content of an inode, wherever the image keeps it: in blocks, behind the inode or in
 * chunks with holes. Thread-safe.
 */
final class ContentReader {
  private final ImageInput in;
  private final ImageHeader header;

  ContentReader(ImageInput in, ImageHeader header) {
    this.in = in;
    this.header = header;
  }

  /**
   * Reads bytes of the content from a position on, until the buffer is full or the content ends.
   *
   * @return how many bytes, 0 at the end
   */
  int read(ErofsInode inode, long position, ByteBuffer target) {
    long count = Math.clamp(inode.size() - position, 0, target.remaining());
    int wanted = (int) count;
    int whole = target.limit();
    long at = position;
    while (count > 0) {
      Extent extent = extent(inode, at);
      int n = (int) Math.min(count, extent.length);
      target.limit(target.position() + n);
      if (extent.offset < 0) {
        while (target.hasRemaining()) {
          target.put((byte) 0);
        }
      } else {
        in.readInto(target, extent.offset);
      }
      at += n;
      count -= n;
    }
    target.limit(whole);
    return wanted;
  }

  /** Contiguous bytes of the image from a position of a file on; offset -1 for a hole. */
  private record Extent(long offset, long length) {}

  private Extent extent(ErofsInode inode, long position) {
    ErofsInode.Location location = inode.location();
    long left = inode.size() - position;
    if (location.layout() == ErofsFormat.LAYOUT_CHUNK) {
      return chunkExtent(inode, position);
    }
    long start = Integer.toUnsignedLong(location.address()) << header.blockBits();
    if (location.layout() == ErofsFormat.LAYOUT_PLAIN) {
      return new Extent(start + position, left);
    }
    long tailFrom = inode.size() & -(long) header.blockBytes();
    if (position < tailFrom) {
      return new Extent(start + position, tailFrom - position);
    }
    long tail = location.tail();
    if (tail % header.blockBytes() + (inode.size() - tailFrom) > header.blockBytes()) {
      throw in.corrupted("the inline data of inode " + inode.nid() + " cross a block");
    }
    return new Extent(tail + position - tailFrom, left);
  }

  private Extent chunkExtent(ErofsInode inode, long position) {
    int format = inode.location().address();
    boolean indexes = (format & ErofsFormat.CHUNK_INDEXES) != 0;
    int known = ErofsFormat.CHUNK_BITS_MASK | ErofsFormat.CHUNK_INDEXES;
    if ((format & ~known) != 0) {
      throw in.corrupted("inode %d has chunk format 0x%x".formatted(inode.nid(), format));
    }
    int chunkBits = header.blockBits() + (format & ErofsFormat.CHUNK_BITS_MASK);
    int entryBytes = indexes ? 8 : 4;
    long chunk = position >>> chunkBits;
    long map = ErofsFormat.alignUp(inode.location().tail(), entryBytes);
    if (chunk > in.length() / entryBytes) {
      throw in.corrupted("the chunk map of inode " + inode.nid() + " leaves the image");
    }
    ByteBuffer entry = in.read(map + chunk * entryBytes, entryBytes);
    if (indexes && entry.getInt(0) != 0) {
      throw in.corrupted("inode " + inode.nid() + " has data on another device");
    }
    int block = entry.getInt(entryBytes - 4);
    long inChunk = position & ((1L << chunkBits) - 1);
    long length = Math.min((1L << chunkBits) - inChunk, inode.size() - position);
    if (block == ErofsFormat.NO_BLOCK) {
      return new Extent(-1, length);
    }
    return new Extent((Integer.toUnsignedLong(block) << header.blockBits()) + inChunk, length);
  }
}
