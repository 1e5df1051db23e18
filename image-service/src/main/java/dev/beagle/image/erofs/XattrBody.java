package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import dev.beagle.image.tar.TarEntry;
import dev.beagle.image.tar.TarXattr;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The xattr body that follows an inode: all entries inline, in the order of their full names. */
final class XattrBody {
  private static final int MAX_VALUE = 0xFFFF;

  private static final int MAX_MARKS = 128;

  /** Leaves room for marks. */
  private static final int MAX_ENCODED = ErofsFormat.MAX_XATTR_BODY - MAX_MARKS;

  private static final byte[] TRUSTED_OVERLAY = ascii("trusted.overlay.");
  private static final byte[] USER_OVERLAY = ascii("user.overlay.");
  private static final byte[] OPAQUE = ascii("overlay.opaque");
  private static final byte[] ORIGIN = ascii("overlay.origin");

  // Below what overlayfs keeps to itself: no container sees them, and no archive may bring them.
  private static final byte[] IMPLIED = ascii("overlay.beagle.implied");
  private static final byte[] IMPLIES = ascii("overlay.beagle.implies");

  /** Namespaces that EROFS can store; posix_acl names are wholly in the index. */
  private static final List<Namespace> NAMESPACES =
      List.of(
          new Namespace(ErofsFormat.XATTR_USER, "user."),
          new Namespace(ErofsFormat.XATTR_ACL_ACCESS, "system.posix_acl_access"),
          new Namespace(ErofsFormat.XATTR_ACL_DEFAULT, "system.posix_acl_default"),
          new Namespace(ErofsFormat.XATTR_TRUSTED, "trusted."),
          new Namespace(ErofsFormat.XATTR_SECURITY, "security."));

  private static final class Namespace {
    final int index;
    final byte[] prefix;

    Namespace(int index, String prefix) {
      this.index = index;
      this.prefix = ascii(prefix);
    }

    boolean takes(byte[] name) {
      if (index == ErofsFormat.XATTR_ACL_ACCESS || index == ErofsFormat.XATTR_ACL_DEFAULT) {
        return Arrays.equals(prefix, name);
      }
      return name.length > prefix.length && startsWith(name, prefix);
    }
  }

  private record Entry(Namespace namespace, TarXattr xattr) {
    int nameBytes() {
      return xattr.name().length - namespace.prefix.length;
    }

    int encodedBytes() {
      int raw = ErofsFormat.XATTR_ENTRY_BYTES + nameBytes() + xattr.value().length;
      return (int) ErofsFormat.alignUp(raw, 4);
    }
  }

  private XattrBody() {}

  /** The full prefix of a namespace index, null for one that we do not know. */
  static byte @Nullable [] prefix(int index) {
    for (Namespace namespace : NAMESPACES) {
      if (namespace.index == index) {
        return namespace.prefix;
      }
    }
    return null;
  }

  /**
   * Encodes what an archive says. Left out: namespaces that EROFS cannot store, and everything that
   * would steer overlayfs ({@code trusted.overlay.*}, {@code user.overlay.*}): with a redirect a
   * layer could show a directory of another one.
   *
   * @return null when nothing is left
   * @throws Failure CORRUPTED when a name, a value or the whole is too long
   */
  static byte @Nullable [] encode(TarEntry owner) {
    if (owner.xattrs().isEmpty()) {
      return null;
    }
    List<Entry> entries = new ArrayList<>();
    int total = ErofsFormat.XATTR_HEADER_BYTES;
    for (TarXattr xattr : owner.xattrs()) {
      Namespace namespace = namespaceOf(xattr.name());
      if (namespace == null) {
        continue;
      }
      Entry entry = new Entry(namespace, xattr);
      if (entry.nameBytes() > ErofsFormat.MAX_NAME || xattr.value().length > MAX_VALUE) {
        throw Failure.corrupted(
            "layer entry %s: its extended attribute %s is too long"
                .formatted(owner.displayPath(), TarEntry.display(xattr.name())));
      }
      total += entry.encodedBytes();
      entries.add(entry);
    }
    if (total > MAX_ENCODED) {
      throw Failure.corrupted(
          "layer entry %s: its extended attributes take %d bytes, the limit is %d"
              .formatted(owner.displayPath(), total, MAX_ENCODED));
    }
    return entries.isEmpty() ? null : encode(entries, total);
  }

  private static byte[] encode(List<Entry> entries, int total) {
    entries.sort((a, b) -> Arrays.compareUnsigned(a.xattr.name(), b.xattr.name()));
    ByteBuffer body = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    body.position(ErofsFormat.XATTR_HEADER_BYTES);
    for (Entry entry : entries) {
      byte[] name = entry.xattr.name();
      int from = entry.namespace.prefix.length;
      putEntry(body, entry.namespace.index, name, from, entry.xattr.value());
    }
    return body.array();
  }

  private static void putEntry(ByteBuffer body, int index, byte[] name, int from, byte[] value) {
    body.put((byte) (name.length - from)).put((byte) index).putShort((short) value.length);
    body.put(name, from, name.length - from).put(value);
    body.position((int) ErofsFormat.alignUp(body.position(), 4));
  }

  /**
   * Adds the marks of a directory. For overlayfs: {@code opaque} hides the lower directories,
   * {@code origin} makes it look for whiteouts in a directory that no other layer has. For {@link
   * dev.beagle.image.layer.ImpliedDirectories}: what the archive left out.
   */
  static byte @Nullable [] withMarks(DirectoryNode directory, boolean holdsWhiteout) {
    byte[] body = directory.xattrs;
    ByteBuffer marks = ByteBuffer.allocate(MAX_MARKS).order(ByteOrder.LITTLE_ENDIAN);
    if (directory.opaque) {
      putEntry(marks, ErofsFormat.XATTR_TRUSTED, OPAQUE, 0, new byte[] {'y'});
    }
    if (holdsWhiteout) {
      putEntry(marks, ErofsFormat.XATTR_TRUSTED, ORIGIN, 0, new byte[0]);
    }
    // A root alone has nobody to whom it would matter.
    if (directory.implied && (directory.parent != directory || directory.implies)) {
      putEntry(marks, ErofsFormat.XATTR_TRUSTED, IMPLIED, 0, new byte[0]);
    }
    if (directory.implies) {
      putEntry(marks, ErofsFormat.XATTR_TRUSTED, IMPLIES, 0, new byte[0]);
    }
    if (marks.position() == 0) {
      return body;
    }
    byte[] start = body == null ? new byte[ErofsFormat.XATTR_HEADER_BYTES] : body;
    byte[] marked = Arrays.copyOf(start, start.length + marks.position());
    System.arraycopy(marks.array(), 0, marked, start.length, marks.position());
    return marked;
  }

  private static @Nullable Namespace namespaceOf(byte[] name) {
    if (startsWith(name, TRUSTED_OVERLAY) || startsWith(name, USER_OVERLAY)) {
      return null;
    }
    for (byte b : name) {
      if (b == 0) {
        return null;
      }
    }
    for (Namespace namespace : NAMESPACES) {
      if (namespace.takes(name)) {
        return namespace;
      }
    }
    return null;
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
