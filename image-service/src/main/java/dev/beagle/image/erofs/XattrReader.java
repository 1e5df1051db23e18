package dev.beagle.image.erofs;

import dev.beagle.image.tar.TarXattr;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the extended attributes of an inode, inline and shared. Thread-safe. */
final class XattrReader {
  private final ImageInput in;
  private final ImageHeader header;

  XattrReader(ImageInput in, ImageHeader header) {
    this.in = in;
    this.header = header;
  }

  List<TarXattr> read(ErofsInode inode) {
    List<TarXattr> found = new ArrayList<>();
    int bodyBytes = inode.location().xattrBytes();
    if (bodyBytes == 0) {
      return found;
    }
    ByteBuffer body = in.read(inode.location().xattrs(), bodyBytes);
    int shared = body.get(4) & 0xff;
    int at = ErofsFormat.XATTR_HEADER_BYTES + 4 * shared;
    if (at > bodyBytes) {
      throw in.corrupted("the shared xattrs of inode " + inode.nid() + " leave its body");
    }
    for (int i = 0; i < shared; i++) {
      long id = Integer.toUnsignedLong(body.getInt(ErofsFormat.XATTR_HEADER_BYTES + 4 * i));
      found.add(readShared(header.xattrStart() + 4 * id));
    }
    while (at < bodyBytes) {
      int size = entryBytes(body, at, bodyBytes, inode.nid());
      found.add(decode(body, at));
      at += size;
    }
    return found;
  }

  private int entryBytes(ByteBuffer body, int at, int end, long nid) {
    int size = end - at < ErofsFormat.XATTR_ENTRY_BYTES ? Integer.MAX_VALUE : sizeOf(body, at);
    if (size > end - at) {
      throw in.corrupted("the xattrs of inode " + nid + " leave their body");
    }
    return size;
  }

  private static int sizeOf(ByteBuffer entry, int at) {
    int raw =
        ErofsFormat.XATTR_ENTRY_BYTES + (entry.get(at) & 0xff) + (entry.getShort(at + 2) & 0xffff);
    return (int) ErofsFormat.alignUp(raw, 4);
  }

  private TarXattr readShared(long offset) {
    ByteBuffer head = in.read(offset, ErofsFormat.XATTR_ENTRY_BYTES);
    int raw = ErofsFormat.XATTR_ENTRY_BYTES + (head.get(0) & 0xff) + (head.getShort(2) & 0xffff);
    return decode(in.read(offset, raw), 0);
  }

  private TarXattr decode(ByteBuffer entry, int at) {
    int nameBytes = entry.get(at) & 0xff;
    int index = entry.get(at + 1) & 0xff;
    byte[] infix = {};
    if ((index & 0x80) != 0) {
      int prefix = index & 0x7f;
      if (prefix >= header.prefixes().size()) {
        throw in.corrupted("an xattr uses prefix " + prefix + ", which is not there");
      }
      infix = header.prefixes().get(prefix).infix;
      index = header.prefixes().get(prefix).baseIndex;
    }
    byte[] base = XattrBody.prefix(index);
    if (base == null) {
      throw in.corrupted("an xattr has the unknown namespace " + index);
    }
    byte[] name = Arrays.copyOf(base, base.length + infix.length + nameBytes);
    System.arraycopy(infix, 0, name, base.length, infix.length);
    int nameAt = at + ErofsFormat.XATTR_ENTRY_BYTES;
    entry.get(nameAt, name, base.length + infix.length, nameBytes);
    byte[] value = new byte[entry.getShort(at + 2) & 0xffff];
    entry.get(nameAt + nameBytes, value);
    return new TarXattr(name, value);
  }
}
