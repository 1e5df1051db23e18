package dev.beagle.image.erofs;

import dev.beagle.image.tar.TarEntry;
import org.jspecify.annotations.Nullable;

/**
 * A name in the tree of a layer that is being converted. A million of these are held at once, so
 * the classes are plain fields: measure before adding one.
 */
abstract sealed class Node {
  /** Raw bytes, without a slash; empty for the root. */
  final byte[] name;

  Node(byte[] name) {
    this.name = name;
  }

  /** The inode that the name stands for. */
  abstract Inode inode();

  /** A further name of an inode; also {@code .} and {@code ..}. */
  static final class HardLink extends Node {
    private final Inode target;

    HardLink(byte[] name, Inode target) {
      super(name);
      this.target = target;
    }

    @Override
    Inode inode() {
      return target;
    }
  }

  /** An inode under its first name. */
  abstract static sealed class Inode extends Node permits DirectoryNode, Leaf {
    /** Type and permission bits. */
    int mode;

    int uid;
    int gid;
    long mtimeSeconds;
    int mtimeNanos;
    int nlink;

    /** Encoded xattr body, null for none. */
    byte @Nullable [] xattrs;

    /** The nid as an unsigned number; 0 until the layout is made. */
    int slot;

    Inode(byte[] name, int mode) {
      super(name);
      this.mode = mode;
    }

    void takeAttributes(TarEntry entry) {
      uid = (int) entry.uid();
      gid = (int) entry.gid();
      mtimeSeconds = entry.mtimeSeconds();
      mtimeNanos = entry.mtimeNanos();
    }

    int xattrBytes() {
      return xattrs == null ? 0 : xattrs.length;
    }

    @Override
    Inode inode() {
      return this;
    }
  }

  /** Anything but a directory. */
  static final class Leaf extends Inode {
    long size;

    /** i_u: start block, encoded device number or chunk format. */
    int address;

    /** Content of a small file, or a symbolic link's target. */
    byte @Nullable [] inline;

    /** Blocks of the chunks of a sparse file. */
    int @Nullable [] chunks;

    Leaf(byte[] name, int mode) {
      super(name, mode);
    }

    boolean isSymbolicLink() {
      return (mode & ErofsFormat.S_IFMT) == ErofsFormat.S_IFLNK;
    }

    /** A character device 0:0: what overlayfs takes for "deleted". */
    boolean isWhiteout() {
      return (mode & ErofsFormat.S_IFMT) == ErofsFormat.S_IFCHR && address == 0;
    }
  }
}
