package dev.beagle.image.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Lays out and writes everything but file data: inodes breadth first, the root first, each with its
 * xattrs and inline tail; before them the full blocks of the directories. The sizes of directories
 * follow from names alone, so all addresses are known before anything is written. No recursion: a
 * layer may be deeper than the stack.
 */
final class MetadataWriter {
  private final DirectoryNode root;
  private final ImageOutput out;
  private final List<DirectoryNode> directories = new ArrayList<>();

  /** First free byte of the metadata area; slot 0 stays empty because st_ino 0 hides entries. */
  private long end = ErofsFormat.SLOT_BYTES;

  private long inodeCount;
  private int metaBlock;
  private int serial;

  MetadataWriter(DirectoryNode root, ImageOutput out) {
    this.root = root;
    this.out = out;
  }

  void write() throws IOException {
    layOut();
    for (DirectoryNode directory : directories) {
      writeBlocks(directory);
    }
    for (Node.Leaf leaf : looseSymlinks()) {
      writeLoose(leaf);
    }
    metaBlock = out.block();
    long metaStart = out.position();
    writeInode(root, metaStart);
    int last = root.slot;
    for (DirectoryNode directory : directories) {
      for (Node node : directory.entries()) {
        // Slots grow in the order of first visits, so a known inode has one that is not above.
        if (Integer.compareUnsigned(node.inode().slot, last) > 0) {
          last = node.inode().slot;
          writeInode(node.inode(), metaStart);
        }
      }
    }
  }

  int rootNid() {
    return root.slot;
  }

  long inodeCount() {
    return inodeCount;
  }

  int metaBlock() {
    return metaBlock;
  }

  private void layOut() {
    root.seal();
    place(root);
    directories.add(root);
    for (int i = 0; i < directories.size(); i++) {
      for (Node node : directories.get(i).entries()) {
        if (node.inode().slot == 0) {
          if (node.inode() instanceof DirectoryNode directory) {
            directory.seal();
            directories.add(directory);
          }
          place(node.inode());
        }
      }
    }
  }

  private void place(Node.Inode inode) {
    long start = ErofsFormat.alignUp(end, ErofsFormat.SLOT_BYTES);
    int core = ErofsFormat.EXTENDED_INODE_BYTES + inode.xattrBytes();
    int tail = tailBytes(inode);
    long tailStart = start + core;
    if (tailStart % ErofsFormat.BLOCK + tail > ErofsFormat.BLOCK) {
      // Only the tail must not cross a block: it moves to the start of the next one, or as near
      // behind as the inode's alignment allows.
      long next = ErofsFormat.alignUp(tailStart, ErofsFormat.BLOCK);
      start = ErofsFormat.alignUp(next - core, ErofsFormat.SLOT_BYTES);
    }
    inode.slot = (int) (start / ErofsFormat.SLOT_BYTES);
    end = start + core + tail + mapBytes(inode);
    inodeCount++;
  }

  /** Bytes behind the inode that must lie in one block. */
  private static int tailBytes(Node.Inode inode) {
    return switch (inode) {
      case DirectoryNode directory -> directory.tailBytes();
      case Node.Leaf leaf -> leaf.inline != null && fits(leaf) ? leaf.inline.length : 0;
    };
  }

  private static boolean fits(Node.Leaf leaf) {
    return leaf.xattrBytes() % ErofsFormat.SLOT_BYTES + leaf.size <= ErofsFormat.BLOCK
        && leaf.size < ErofsFormat.BLOCK;
  }

  private static long mapBytes(Node.Inode inode) {
    return inode instanceof Node.Leaf leaf && leaf.chunks != null ? 4L * leaf.chunks.length : 0;
  }

  /** Symbolic links whose target is too long to stand behind their xattrs. */
  private List<Node.Leaf> looseSymlinks() {
    List<Node.Leaf> loose = new ArrayList<>();
    for (DirectoryNode directory : directories) {
      for (Node node : directory.entries()) {
        if (node instanceof Node.Leaf leaf && leaf.inline != null && !fits(leaf)) {
          loose.add(leaf);
        }
      }
    }
    return loose;
  }

  private void writeLoose(Node.Leaf leaf) throws IOException {
    if (leaf.inline != null) {
      leaf.address = out.block();
      out.put(leaf.inline);
      out.align(ErofsFormat.BLOCK);
      leaf.inline = null;
    }
  }

  private void writeBlocks(DirectoryNode directory) throws IOException {
    long blocks = directory.blocks();
    directory.startBlock = blocks == 0 ? ErofsFormat.NO_BLOCK : out.block();
    Node[] entries = directory.entries();
    int from = 0;
    for (long i = 0; i < blocks; i++) {
      from = writeDirents(entries, from, out.room(ErofsFormat.BLOCK));
      out.align(ErofsFormat.BLOCK);
    }
  }

  /** Writes as many entries as fit into a block; returns the index of the first of the next. */
  private static int writeDirents(Node[] entries, int from, ByteBuffer target) {
    int used = 0;
    int to = from;
    while (to < entries.length && used + direntBytes(entries[to]) <= ErofsFormat.BLOCK) {
      used += direntBytes(entries[to]);
      to++;
    }
    int nameAt = (to - from) * ErofsFormat.DIRENT_BYTES;
    for (int i = from; i < to; i++) {
      Node node = entries[i];
      target.putLong(Integer.toUnsignedLong(node.inode().slot));
      target.putShort((short) nameAt);
      target.put((byte) direntType(node.inode())).put((byte) 0);
      nameAt += node.name.length;
    }
    for (int i = from; i < to; i++) {
      target.put(entries[i].name);
    }
    return to;
  }

  private static int direntBytes(Node node) {
    return ErofsFormat.DIRENT_BYTES + node.name.length;
  }

  private static int direntType(Node.Inode inode) {
    return ErofsFileType.ofMode(inode.mode).orElseThrow().direntType;
  }

  private void writeInode(Node.Inode inode, long metaStart) throws IOException {
    long start = metaStart + Integer.toUnsignedLong(inode.slot) * ErofsFormat.SLOT_BYTES;
    out.zeros(start - out.position());
    ByteBuffer target = out.room(ErofsFormat.EXTENDED_INODE_BYTES);
    int tail = tailBytes(inode);
    target.putShort((short) (1 | (layout(inode, tail) << 1)));
    target.putShort((short) ErofsFormat.xattrCount(inode.xattrBytes()));
    target.putShort((short) inode.mode).putShort((short) 0);
    target.putLong(inode instanceof DirectoryNode directory ? directory.size : leaf(inode).size);
    target.putInt(address(inode, tail)).putInt(++serial);
    target.putInt(inode.uid).putInt(inode.gid);
    target.putLong(inode.mtimeSeconds).putInt(inode.mtimeNanos);
    target.putInt(inode.nlink).putLong(0).putLong(0);
    if (inode.xattrs != null) {
      out.put(inode.xattrs);
    }
    writeTail(inode, tail);
  }

  private void writeTail(Node.Inode inode, int tail) throws IOException {
    if (inode instanceof DirectoryNode directory) {
      if (tail > 0) {
        writeDirents(directory.entries(), directory.lastBlockFrom(), out.room(ErofsFormat.BLOCK));
      }
      return;
    }
    Node.Leaf leaf = leaf(inode);
    if (leaf.inline != null) {
      out.put(leaf.inline);
    } else if (leaf.chunks != null) {
      for (int block : leaf.chunks) {
        out.room(Integer.BYTES).putInt(block);
      }
    }
  }

  private static Node.Leaf leaf(Node.Inode inode) {
    return (Node.Leaf) inode;
  }

  private static int layout(Node.Inode inode, int tail) {
    if (tail > 0) {
      return ErofsFormat.LAYOUT_INLINE;
    }
    return inode instanceof Node.Leaf leaf && leaf.chunks != null
        ? ErofsFormat.LAYOUT_CHUNK
        : ErofsFormat.LAYOUT_PLAIN;
  }

  private static int address(Node.Inode inode, int tail) {
    return switch (inode) {
      case DirectoryNode directory -> directory.startBlock;
      case Node.Leaf leaf -> tail > 0 ? ErofsFormat.NO_BLOCK : leaf.address;
    };
  }
}
