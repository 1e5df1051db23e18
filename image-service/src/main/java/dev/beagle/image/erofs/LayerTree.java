package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import dev.beagle.image.tar.TarEntry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tree that the entries of a layer make, in the order of the archive: a later entry takes the
 * place of an earlier one, a directory over a directory changes its attributes only, parents that
 * the archive leaves out are 0755 of root with time 0 and marked. Paths stay inside: {@code ..} is
 * refused, symbolic links of the layer itself are followed below its root.
 */
final class LayerTree {
  private static final int MAX_HOPS = 40;

  /** A name of 4 KiB may lead through 40 links of 4 KiB, and be written again and again. */
  private static final long MAX_LINK_BYTES = 100_000_000;

  private static final int IMPLIED_MODE = ErofsFormat.S_IFDIR | 0755;

  private final DirectoryNode root = new DirectoryNode(new byte[0], null, IMPLIED_MODE);
  private final HeapBudget budget;
  private long linkBytes;

  /** Raw path of the last parent, up to its slash: archives list a directory's files in a row. */
  private byte[] lastParentPath = new byte[0];

  private DirectoryNode lastParent = root;

  LayerTree(HeapBudget budget) {
    this.budget = budget;
    this.root.implied = true;
  }

  DirectoryNode root() {
    return root;
  }

  /** Where an entry belongs: its directory and its name there. */
  static final class Place {
    private final DirectoryNode parent;
    private final byte[] name;

    Place(DirectoryNode parent, byte[] name) {
      this.parent = parent;
      this.name = name;
    }

    DirectoryNode parent() {
      return parent;
    }

    byte[] name() {
      return name;
    }
  }

  /** Finds the place of a path, making parents; null for the root itself. */
  @Nullable Place place(TarEntry entry) {
    byte[] path = entry.path();
    int end = path.length;
    // "a/", "a//" and "a/." are names of a.
    while (end > 0 && (path[end - 1] == '/' || isDotAfterSlash(path, end))) {
      end--;
    }
    int from = end;
    while (from > 0 && path[from - 1] != '/') {
      from--;
    }
    if (end == 0 || (end == 1 && path[0] == '.')) {
      return null;
    }
    byte[] name = Arrays.copyOfRange(path, from, end);
    checkName(name, 0, name.length, entry);
    return new Place(parent(path, from, entry), name);
  }

  private static boolean isDotAfterSlash(byte[] path, int end) {
    return path[end - 1] == '.' && end >= 2 && path[end - 2] == '/';
  }

  private DirectoryNode parent(byte[] path, int end, TarEntry entry) {
    if (!Arrays.equals(path, 0, end, lastParentPath, 0, lastParentPath.length)) {
      DirectoryNode found = descend(root, path, end, false, new Walk(entry, true));
      lastParent = found == null ? root : found;
      lastParentPath = Arrays.copyOf(path, end);
    }
    return lastParent;
  }

  /** One resolution: whose path it is, whether missing parents are made, links followed so far. */
  private static final class Walk {
    final TarEntry entry;
    final boolean create;
    int hops;

    Walk(TarEntry entry, boolean create) {
      this.entry = entry;
      this.create = create;
    }
  }

  /**
   * Walks the first {@code end} bytes of a path or of a link's target, where alone {@code ..} may
   * stand; null when it may not create and misses one.
   */
  private @Nullable DirectoryNode descend(
      DirectoryNode start, byte[] path, int end, boolean link, Walk walk) {
    DirectoryNode at = start;
    int from = 0;
    while (at != null && from < end) {
      int to = from;
      while (to < end && path[to] != '/') {
        to++;
      }
      if (to - from == 2 && path[from] == '.' && path[from + 1] == '.' && link) {
        at = at.parent;
      } else if (to > from && !(to - from == 1 && path[from] == '.')) {
        at = step(at, path, from, to, walk);
      }
      from = to + 1;
    }
    return at;
  }

  private @Nullable DirectoryNode step(DirectoryNode at, byte[] path, int from, int to, Walk walk) {
    checkName(path, from, to, walk.entry);
    Node node = at.find(path, from, to);
    Node.Inode inode = node == null ? null : node.inode();
    if (inode instanceof DirectoryNode directory) {
      return directory;
    }
    if (inode instanceof Node.Leaf leaf && leaf.inline != null && leaf.isSymbolicLink()) {
      if (++walk.hops > MAX_HOPS) {
        throw bad(walk.entry, "its path runs through more than 40 symbolic links");
      }
      countLinkBytes(leaf.inline.length, walk.entry);
      DirectoryNode start = leaf.inline[0] == '/' ? root : at;
      return descend(start, leaf.inline, leaf.inline.length, true, walk);
    }
    boolean whiteout = inode instanceof Node.Leaf leaf && leaf.isWhiteout();
    if (inode != null && !whiteout) {
      throw bad(walk.entry, "a parent in its path is not a directory");
    }
    if (!walk.create) {
      return null;
    }
    DirectoryNode made = addDirectory(at, Arrays.copyOfRange(path, from, to), whiteout);
    made.implied = !whiteout;
    if (made.implied) {
      markWay(at);
    }
    return made;
  }

  private void countLinkBytes(int targetBytes, TarEntry entry) {
    linkBytes += targetBytes;
    if (linkBytes > MAX_LINK_BYTES) {
      throw Failure.exhausted(
          "layer entry %s: the layer's paths run through symbolic links of more than %d bytes in all: build it with paths without links"
              .formatted(entry.displayPath(), MAX_LINK_BYTES));
    }
  }

  /** So that who looks for implied directories finds them without walking the tree. */
  private static void markWay(DirectoryNode from) {
    for (DirectoryNode at = from; !at.implies; at = at.parent) {
      at.implies = true;
    }
  }

  private DirectoryNode addDirectory(DirectoryNode parent, byte[] name, boolean opaque) {
    budget.chargeNode(name.length);
    budget.charge(HeapBudget.DIRECTORY_BYTES);
    DirectoryNode made = new DirectoryNode(name, parent, IMPLIED_MODE);
    made.opaque = opaque;
    parent.put(made);
    return made;
  }

  /** The directory of that place, made if it is not there or is something else. */
  DirectoryNode directory(@Nullable Place place) {
    if (place == null) {
      return root;
    }
    Node existing = place.parent.find(place.name, 0, place.name.length);
    if (existing != null && existing.inode() instanceof DirectoryNode directory) {
      return directory;
    }
    boolean wasDeleted =
        existing != null && existing.inode() instanceof Node.Leaf leaf && leaf.isWhiteout();
    forgetLastParent();
    return addDirectory(place.parent, place.name, wasDeleted);
  }

  /** Puts a leaf or a further name in its place, instead of whatever is there. */
  void put(Place place, Node node) {
    budget.chargeNode(node.name.length);
    if (node instanceof Node.Leaf leaf) {
      budget.charge(leaf.xattrBytes() + (leaf.isSymbolicLink() ? leaf.size : 0));
    }
    if (place.parent.put(node) != null) {
      forgetLastParent();
    }
  }

  void charge(long bytes) {
    budget.charge(bytes);
  }

  private void forgetLastParent() {
    lastParentPath = new byte[0];
    lastParent = root;
  }

  /**
   * Notes that lower layers' {@code name} is deleted. What this layer itself has under that name
   * stays (OCI image spec, "Whiteouts": they apply to lower layers only); as a directory it becomes
   * opaque.
   */
  void whiteOut(DirectoryNode parent, byte[] name, TarEntry entry) {
    checkName(name, 0, name.length, entry);
    Node existing = parent.find(name, 0, name.length);
    if (existing == null) {
      Node.Leaf whiteout = new Node.Leaf(name, ErofsFormat.S_IFCHR);
      put(new Place(parent, name), whiteout);
    } else if (existing.inode() instanceof DirectoryNode directory) {
      directory.opaque = true;
    }
  }

  /** The inode a hard link's target names: in this layer, not a directory. */
  Node.Inode linkTarget(TarEntry entry) {
    byte[] path = entry.linkTarget();
    int from = path.length;
    while (from > 0 && path[from - 1] != '/') {
      from--;
    }
    DirectoryNode parent = descend(root, path, from, false, new Walk(entry, false));
    Node node = parent == null || from == path.length ? null : parent.find(path, from, path.length);
    if (node == null) {
      throw bad(
          entry,
          "it is a hard link to %s, which is not in the layer: a file of a lower layer cannot be linked to; build the layer with the file itself"
              .formatted(TarEntry.display(path)));
    }
    if (node.inode() instanceof DirectoryNode) {
      throw bad(entry, "it is a hard link to the directory " + TarEntry.display(path));
    }
    return node.inode();
  }

  private static void checkName(byte[] name, int from, int to, TarEntry entry) {
    int length = to - from;
    if (length == 0 || length > ErofsFormat.MAX_NAME) {
      throw bad(entry, "a name in its path has " + length + " bytes; 1 to 255 are possible");
    }
    boolean dots = name[from] == '.' && (length == 1 || (length == 2 && name[from + 1] == '.'));
    if (dots) {
      throw bad(entry, "its path has \"..\" in it");
    }
    for (int i = from; i < to; i++) {
      if (name[i] == 0) {
        throw bad(entry, "its path has a NUL in it");
      }
    }
  }

  static Failure bad(TarEntry entry, String reason) {
    return Failure.corrupted("layer entry " + entry.displayPath() + ": " + reason);
  }
}
