package dev.beagle.image.tar;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry with its pax and GNU extensions already applied. Names are the archive's raw bytes: not
 * decoded, not cleaned, possibly absolute or with {@code ..}; without NUL. Immutable; the arrays
 * are not copied and must not be changed.
 */
public final class TarEntry {
  final TarType type;
  final byte[] path;
  final byte[] linkTarget;
  final int mode;
  final long uid;
  final long gid;
  final long size;
  final long mtimeSeconds;
  final int mtimeNanos;
  final long deviceMajor;
  final long deviceMinor;
  final List<TarXattr> xattrs;
  final @Nullable SparseMap sparse;

  TarEntry(Fields fields, TarType type) {
    this.type = type;
    this.path = fields.path;
    this.linkTarget = fields.linkTarget;
    this.mode = fields.mode;
    this.uid = fields.uid;
    this.gid = fields.gid;
    this.size = type == TarType.FILE ? fields.realSize : 0;
    this.mtimeSeconds = fields.mtimeSeconds;
    this.mtimeNanos = fields.mtimeNanos;
    this.deviceMajor = fields.deviceMajor;
    this.deviceMinor = fields.deviceMinor;
    this.xattrs = List.copyOf(fields.xattrs);
    this.sparse = fields.sparse;
  }

  public TarType type() {
    return type;
  }

  public byte[] path() {
    return path;
  }

  /** Target of a hard or symbolic link, else empty. */
  public byte[] linkTarget() {
    return linkTarget;
  }

  /** The twelve permission bits. */
  public int mode() {
    return mode;
  }

  public long uid() {
    return uid;
  }

  public long gid() {
    return gid;
  }

  /** Size of the file as a reader of it sees it, holes included; 0 for anything but a file. */
  public long size() {
    return size;
  }

  /** Seconds since 1970, rounded down; may be negative. */
  public long mtimeSeconds() {
    return mtimeSeconds;
  }

  /** Nanoseconds to add, 0 to 999,999,999. */
  public int mtimeNanos() {
    return mtimeNanos;
  }

  public long deviceMajor() {
    return deviceMajor;
  }

  public long deviceMinor() {
    return deviceMinor;
  }

  public List<TarXattr> xattrs() {
    return xattrs;
  }

  /** Present when the archive leaves out holes of the file. */
  public Optional<SparseMap> sparse() {
    return Optional.ofNullable(sparse);
  }

  /** The path for messages: decoded, control characters replaced, shortened. */
  public String displayPath() {
    return display(path);
  }

  /** Bytes of a name for messages: decoded, control characters replaced, shortened. */
  public static String display(byte[] name) {
    String text = new String(name, 0, Math.min(name.length, 512), StandardCharsets.UTF_8);
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return name.length > 512 ? clean + "..." : clean;
  }

  @Override
  public String toString() {
    return type + " " + displayPath();
  }

  /** What the headers of one entry say, while they are being read. */
  static final class Fields {
    byte[] path = new byte[0];
    byte[] linkTarget = new byte[0];
    int mode;
    long uid;
    long gid;
    long storedSize;
    long realSize;
    long mtimeSeconds;
    int mtimeNanos;
    long deviceMajor;
    long deviceMinor;
    List<TarXattr> xattrs = List.of();
    @Nullable SparseMap sparse;
  }
}
