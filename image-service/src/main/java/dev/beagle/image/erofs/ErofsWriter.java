package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import dev.beagle.image.tar.SparseMap;
import dev.beagle.image.tar.TarEntry;
import dev.beagle.image.tar.TarReader;
import dev.beagle.image.tar.TarType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns the entries of one layer into an uncompressed EROFS image in one pass: file data goes out
 * as it comes, the tree is kept, the metadata follows at the end and the superblock last. Nothing
 * experimental is used: the image mounts on every Linux since 5.15 (4 KiB pages). Every byte of it
 * depends on the entries and the UUID only.
 *
 * <p>AUFS whiteouts of the OCI image spec become those of overlayfs: {@code .wh.NAME} a character
 * device 0:0, {@code .wh..wh..opq} the attribute {@code trusted.overlay.opaque}, and a directory
 * that holds a whiteout gets an empty {@code trusted.overlay.origin}, without which overlayfs would
 * list the whiteout where no other layer has the directory.
 *
 * <p>Memory: {@link ErofsLimits} and two buffers. One thread; the channel stays the caller's, and
 * what was written before a failure is worthless.
 */
public final class ErofsWriter implements AutoCloseable {
  /** Files up to this size are kept and stored behind their inode. */
  private static final int INLINE_FILE_BYTES = 2048;

  private static final int MAX_DEVICE_MAJOR = 0xfff;
  private static final int MAX_DEVICE_MINOR = 0xfffff;
  private static final byte[] WHITEOUT = {'.', 'w', 'h', '.'};
  private static final byte[] OPAQUE = {'.', 'w', 'h', '.', '.', 'w', 'h', '.', '.', 'o', 'p', 'q'};
  private static final byte[] AUFS_OWN = {'.', 'w', 'h', '.', '.', 'w', 'h', '.'};

  private final ImageOutput out;
  private final LayerTree tree;
  private final ErofsLimits limits;
  private long inlined;
  private boolean chunked;

  /** Starts an image at the channel's position, which must be 0 of an empty file. */
  public ErofsWriter(FileChannel image, ErofsLimits limits) throws IOException {
    this.limits = limits;
    this.tree = new LayerTree(new HeapBudget(limits.heapBytes()));
    this.out = new ImageOutput(image, limits.imageBytes());
    out.zeros(ErofsFormat.BLOCK);
  }

  /**
   * Adds every entry up to the end of the archive.
   *
   * @throws Failure CORRUPTED for an archive that no tree can be made of, EXHAUSTED beyond a limit
   */
  public void addAll(TarReader archive) throws IOException {
    for (TarEntry entry = archive.next(); entry != null; entry = archive.next()) {
      add(entry, archive);
    }
  }

  private void add(TarEntry entry, TarReader data) throws IOException {
    checkNumbers(entry);
    LayerTree.Place place = tree.place(entry);
    if (place != null && startsWith(place.name(), WHITEOUT)) {
      // By its name alone, as in other readers of layers: some write directories.
      whiteOut(place, entry);
    } else if (entry.type() == TarType.DIRECTORY) {
      addDirectory(place, entry);
    } else if (place == null) {
      throw LayerTree.bad(entry, "it would replace the root directory");
    } else if (entry.type() == TarType.HARD_LINK) {
      addHardLink(place, entry);
    } else {
      tree.put(place, leaf(place.name(), entry, data));
    }
  }

  private void addDirectory(LayerTree.@Nullable Place place, TarEntry entry) {
    DirectoryNode directory = tree.directory(place);
    directory.implied = false;
    directory.mode = ErofsFormat.S_IFDIR | entry.mode();
    directory.takeAttributes(entry);
    directory.xattrs = XattrBody.encode(entry);
    tree.charge(directory.xattrBytes());
  }

  private void whiteOut(LayerTree.Place place, TarEntry entry) {
    if (Arrays.equals(place.name(), OPAQUE)) {
      place.parent().opaque = true;
    } else if (!startsWith(place.name(), AUFS_OWN)) {
      byte[] hidden = Arrays.copyOfRange(place.name(), WHITEOUT.length, place.name().length);
      tree.whiteOut(place.parent(), hidden, entry);
    }
  }

  private void addHardLink(LayerTree.Place place, TarEntry entry) {
    Node.Inode target = tree.linkTarget(entry);
    Node existing = place.parent().find(place.name(), 0, place.name().length);
    if (existing == null || existing.inode() != target) {
      tree.put(place, new Node.HardLink(place.name(), target));
    }
  }

  private Node.Leaf leaf(byte[] name, TarEntry entry, TarReader data) throws IOException {
    Node.Leaf leaf = new Node.Leaf(name, typeBits(entry) | entry.mode());
    leaf.takeAttributes(entry);
    leaf.xattrs = XattrBody.encode(entry);
    switch (entry.type()) {
      case FILE -> addData(leaf, entry, data);
      case SYMBOLIC_LINK -> {
        byte[] target = entry.linkTarget();
        if (target.length == 0 || target.length > ErofsFormat.MAX_SYMLINK) {
          throw LayerTree.bad(entry, "its target has " + target.length + " bytes");
        }
        leaf.mode = ErofsFormat.S_IFLNK | 0777;
        leaf.size = target.length;
        leaf.inline = target;
      }
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          leaf.address =
              ErofsFormat.encodeDevice((int) entry.deviceMajor(), (int) entry.deviceMinor());
      default -> {}
    }
    return leaf;
  }

  private static int typeBits(TarEntry entry) {
    return switch (entry.type()) {
      case FILE -> ErofsFormat.S_IFREG;
      case SYMBOLIC_LINK -> ErofsFormat.S_IFLNK;
      case CHARACTER_DEVICE -> ErofsFormat.S_IFCHR;
      case BLOCK_DEVICE -> ErofsFormat.S_IFBLK;
      case FIFO -> ErofsFormat.S_IFIFO;
      case DIRECTORY, HARD_LINK ->
          throw new IllegalArgumentException("not a leaf: " + entry.type());
    };
  }

  private void addData(Node.Leaf leaf, TarEntry entry, TarReader data) throws IOException {
    leaf.size = entry.size();
    Optional<SparseMap> map = entry.sparse().filter(sparse -> sparse.dataBytes() < entry.size());
    if (map.isPresent()) {
      addSparse(leaf, new SparseFile(map.get(), entry.size()), data);
    } else if (leaf.size > 0
        && leaf.size <= INLINE_FILE_BYTES
        && inlined + leaf.size <= limits.inlineBytes()) {
      inlined += leaf.size;
      leaf.inline = new byte[(int) leaf.size];
      ByteBuffer content = ByteBuffer.wrap(leaf.inline);
      while (content.hasRemaining() && data.read(content) >= 0) {}
    } else if (leaf.size > 0) {
      leaf.address = out.block();
      out.copy(data, leaf.size);
      out.align(ErofsFormat.BLOCK);
    }
  }

  private void addSparse(Node.Leaf leaf, SparseFile file, TarReader data) throws IOException {
    tree.charge(4 * Math.min(file.mapEntries(), limits.heapBytes()));
    chunked = true;
    leaf.address = file.chunkBits();
    leaf.chunks = file.write(data, out);
  }

  private static void checkNumbers(TarEntry entry) {
    if (entry.uid() >>> 32 != 0 || entry.gid() >>> 32 != 0) {
      throw LayerTree.bad(entry, "owner %d:%d".formatted(entry.uid(), entry.gid()));
    }
    if (entry.deviceMajor() < 0
        || entry.deviceMajor() > MAX_DEVICE_MAJOR
        || entry.deviceMinor() < 0
        || entry.deviceMinor() > MAX_DEVICE_MINOR) {
      throw LayerTree.bad(
          entry, "device number %d:%d".formatted(entry.deviceMajor(), entry.deviceMinor()));
    }
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  /**
   * Writes the metadata and the superblock. The image is complete then, but not synced.
   *
   * @param uuid should differ between layers that are stacked: overlayfs keeps inode numbers stable
   *     only then
   * @return the image's length in bytes, a multiple of 64 KiB
   */
  public long finish(UUID uuid) throws IOException {
    MetadataWriter metadata = new MetadataWriter(tree.root(), out);
    metadata.write();
    out.align(PADDING_BYTES);
    out.flush();
    long length = out.position();
    Superblock superblock =
        new Superblock(
            chunked ? ErofsFormat.INCOMPAT_CHUNKED : 0,
            metadata.rootNid(),
            metadata.inodeCount(),
            length / ErofsFormat.BLOCK,
            metadata.metaBlock());
    out.writeAt(superblock.encode(uuid), ErofsFormat.SUPERBLOCK_OFFSET);
    return length;
  }

  /** Kernels with larger pages read metadata page by page, and a short read is an error there. */
  private static final int PADDING_BYTES = 64 << 10;

  /** Frees the buffer; does not close the channel. */
  @Override
  public void close() {
    out.close();
  }
}
