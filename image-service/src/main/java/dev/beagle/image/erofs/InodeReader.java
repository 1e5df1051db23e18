package dev.beagle.image.erofs;

import java.nio.ByteBuffer;

/** Reads inodes, compact and extended. Thread-safe. */
final class InodeReader {
  private static final int MAX_INODE = ErofsFormat.EXTENDED_INODE_BYTES;

  private final ImageInput in;
  private final ImageHeader header;

  InodeReader(ImageInput in, ImageHeader header) {
    this.in = in;
    this.header = header;
  }

  ErofsInode read(long nid) {
    if (nid < 0 || nid > in.length() / ErofsFormat.SLOT_BYTES) {
      throw in.corrupted("there is no inode " + nid);
    }
    long offset = header.metaStart() + nid * ErofsFormat.SLOT_BYTES;
    long available = Math.clamp(in.length() - offset, 0, MAX_INODE);
    ByteBuffer raw = in.read(offset, (int) available);
    boolean extended = available > 0 && (raw.get(0) & 1) != 0;
    int core = extended ? ErofsFormat.EXTENDED_INODE_BYTES : ErofsFormat.COMPACT_INODE_BYTES;
    if (available < core) {
      throw in.corrupted("inode " + nid + " is cut by the end of the image");
    }
    int format = raw.getShort(0) & 0xffff;
    int layout = format >> 1;
    int icount = raw.getShort(2) & 0xffff;
    int mode = raw.getShort(4) & 0xffff;
    ErofsFileType type =
        ErofsFileType.ofMode(mode)
            .orElseThrow(() -> in.corrupted("inode %d has mode 0%o".formatted(nid, mode)));
    boolean known =
        layout == ErofsFormat.LAYOUT_PLAIN
            || layout == ErofsFormat.LAYOUT_INLINE
            || (layout == ErofsFormat.LAYOUT_CHUNK && type == ErofsFileType.REGULAR);
    if (!known || icount == 1) {
      throw in.corrupted("inode %d has format 0x%x, which we do not read".formatted(nid, format));
    }
    int xattrBytes = icount == 0 ? 0 : ErofsFormat.XATTR_HEADER_BYTES + 4 * (icount - 1);
    var location = new ErofsInode.Location(layout, raw.getInt(16), offset + core, xattrBytes);
    return extended
        ? extendedInode(nid, type, mode, raw, location)
        : compactInode(nid, type, mode, raw, location);
  }

  private ErofsInode extendedInode(
      long nid, ErofsFileType type, int mode, ByteBuffer raw, ErofsInode.Location location) {
    long size = raw.getLong(8);
    int nanos = raw.getInt(40);
    if (size < 0 || nanos < 0 || nanos > 999_999_999 || raw.getShort(6) != 0) {
      throw in.corrupted("inode " + nid + " has a size, time or reserved field that cannot be");
    }
    return new ErofsInode(
        nid,
        type,
        mode,
        Integer.toUnsignedLong(raw.getInt(24)),
        Integer.toUnsignedLong(raw.getInt(28)),
        size,
        raw.getLong(32),
        nanos,
        Integer.toUnsignedLong(raw.getInt(44)),
        device(type, location),
        location);
  }

  private ErofsInode compactInode(
      long nid, ErofsFileType type, int mode, ByteBuffer raw, ErofsInode.Location location) {
    return new ErofsInode(
        nid,
        type,
        mode,
        raw.getShort(24) & 0xffff,
        raw.getShort(26) & 0xffff,
        Integer.toUnsignedLong(raw.getInt(8)),
        header.epoch() + Integer.toUnsignedLong(raw.getInt(12)),
        header.epochNanos(),
        raw.getShort(6) & 0xffff,
        device(type, location),
        location);
  }

  private static int device(ErofsFileType type, ErofsInode.Location location) {
    boolean is = type == ErofsFileType.CHARACTER_DEVICE || type == ErofsFileType.BLOCK_DEVICE;
    return is ? location.address() : 0;
  }
}
