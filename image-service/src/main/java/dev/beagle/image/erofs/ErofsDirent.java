package dev.beagle.image.erofs;

import java.nio.charset.StandardCharsets;

/** One name of a directory. Immutable; the array is not copied and must not be changed. */
public final class ErofsDirent {
  private final byte[] name;
  private final long nid;
  private final int fileType;

  ErofsDirent(byte[] name, long nid, int fileType) {
    this.name = name;
    this.nid = nid;
    this.fileType = fileType;
  }

  /** Raw bytes. */
  public byte[] name() {
    return name;
  }

  public long nid() {
    return nid;
  }

  /** The type that the entry claims, as d_type; not checked against the inode. */
  public int fileType() {
    return fileType;
  }

  /** True for {@code .} and {@code ..}. */
  public boolean isDots() {
    return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
  }

  @Override
  public String toString() {
    return new String(name, StandardCharsets.UTF_8) + " -> " + nid;
  }
}
