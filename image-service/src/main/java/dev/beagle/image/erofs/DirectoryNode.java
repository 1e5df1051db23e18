package dev.beagle.image.erofs;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the tree: first a hash table that takes names in the order of the archive, then,
 * once sealed, the sorted entries with {@code .} and {@code ..} and the division into blocks.
 */
final class DirectoryNode extends Node.Inode {
  private static final byte[] DOT = ".".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DOT_DOT = "..".getBytes(StandardCharsets.US_ASCII);

  /** Odd and secret, so that no archive is made of colliding names. Never shows in the image. */
  private static final long HASH_FACTOR = new SecureRandom().nextLong() | 1;

  final DirectoryNode parent;

  /** The layer hides what lower layers have in this directory. */
  boolean opaque;

  /** The archive has no entry for it: a lower layer may know its attributes. */
  boolean implied;

  /** There may be implied directories below; then so it is of all above. */
  boolean implies;

  private static final Node[] NONE = {};

  /** Open addressing; empty once sealed. */
  private @Nullable Node[] table = new @Nullable Node[4];

  /** In byte order; empty until sealed. */
  private Node[] entries = NONE;

  private int count;

  /** Set by {@link #seal}. */
  long size;

  /** First block of the full blocks; set by the layout. */
  int startBlock;

  /** Whether the last, partial block stands behind the inode. */
  boolean inlineTail;

  /** Index of the first entry of the last block. */
  private int lastBlockFrom;

  /** Bytes used of the last block. */
  private int lastBlockBytes;

  DirectoryNode(byte[] name, @Nullable DirectoryNode parent, int mode) {
    super(name, mode);
    this.parent = parent == null ? this : parent;
  }

  @Nullable Node find(byte[] path, int from, int to) {
    return table[indexOf(path, from, to)];
  }

  /** Adds the node, or puts it in the place of the one of the same name, which is returned. */
  @Nullable Node put(Node node) {
    int index = indexOf(node.name, 0, node.name.length);
    Node replaced = table[index];
    table[index] = node;
    if (replaced == null && ++count > table.length / 4 * 3) {
      grow();
    }
    return replaced;
  }

  private void grow() {
    @Nullable Node[] old = table;
    table = new @Nullable Node[old.length * 2];
    for (Node node : old) {
      if (node != null) {
        table[indexOf(node.name, 0, node.name.length)] = node;
      }
    }
  }

  private int indexOf(byte[] path, int from, int to) {
    long hash = HASH_FACTOR;
    for (int i = from; i < to; i++) {
      hash = hash * HASH_FACTOR + path[i] + 1;
    }
    hash ^= hash >>> 32;
    int index = (int) ((hash * 0x9E3779B97F4A7C15L) >>> 33) & (table.length - 1);
    while (true) {
      Node node = table[index];
      if (node == null || Arrays.equals(node.name, 0, node.name.length, path, from, to)) {
        return index;
      }
      index = (index + 1) & (table.length - 1);
    }
  }

  /** Sorts the entries, counts links and divides the entries into blocks. Once. */
  void seal() {
    Node[] sorted = new Node[count + 2];
    int filled = 0;
    boolean holdsWhiteout = false;
    for (Node node : table) {
      if (node != null) {
        sorted[filled++] = node;
        holdsWhiteout |= node.inode() instanceof Node.Leaf leaf && leaf.isWhiteout();
      }
    }
    sorted[filled++] = new Node.HardLink(DOT, this);
    sorted[filled++] = new Node.HardLink(DOT_DOT, parent);
    Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(a.name, b.name));
    entries = sorted;
    table = NONE;
    // A directory is named by its parent, by its own "." and by the ".." of each subdirectory: so
    // counting names gives the 2 + subdirectories that Linux shows.
    for (Node node : entries) {
      node.inode().nlink++;
    }
    divide();
    xattrs = XattrBody.withMarks(this, holdsWhiteout);
  }

  private void divide() {
    int used = 0;
    long blocks = 0;
    for (int i = 0; i < entries.length; i++) {
      int need = ErofsFormat.DIRENT_BYTES + entries[i].name.length;
      if (used + need > ErofsFormat.BLOCK) {
        blocks++;
        used = 0;
        lastBlockFrom = i;
      }
      used += need;
    }
    lastBlockBytes = used;
    size = blocks * ErofsFormat.BLOCK + used;
    int xattrRest = xattrBytes() % ErofsFormat.SLOT_BYTES;
    inlineTail = used < ErofsFormat.BLOCK && xattrRest + used <= ErofsFormat.BLOCK;
  }

  /** The entries in order, with {@code .} and {@code ..}; only after {@link #seal}. */
  Node[] entries() {
    return entries;
  }

  /** Blocks outside of the metadata. */
  long blocks() {
    return inlineTail
        ? size / ErofsFormat.BLOCK
        : (size + ErofsFormat.BLOCK - 1) / ErofsFormat.BLOCK;
  }

  int tailBytes() {
    return inlineTail ? lastBlockBytes : 0;
  }

  int lastBlockFrom() {
    return lastBlockFrom;
  }
}
