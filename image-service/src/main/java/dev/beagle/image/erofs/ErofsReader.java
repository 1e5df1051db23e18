package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;
import dev.beagle.image.tar.TarXattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Random access to an uncompressed EROFS image, ours or of mkfs.erofs: compact and extended inodes,
 * plain, inline and chunk layouts, shared xattrs and long prefixes; no compression, no further
 * devices. Nothing of the image is believed: every address is checked, every allocation bounded by
 * what was asked for, and what does not fit is a {@link Failure} of kind CORRUPTED. A hostile image
 * can still name a directory inside itself, so whoever walks a tree has to bound its depth.
 *
 * <p>Thread-safe. Interrupting a reading thread closes the image: CANCELLED.
 */
public final class ErofsReader implements AutoCloseable {
  private final ImageInput in;
  private final ImageHeader header;
  private final InodeReader inodes;
  private final XattrReader xattrs;
  private final ContentReader contents;

  private ErofsReader(ImageInput in, ImageHeader header) {
    this.in = in;
    this.header = header;
    this.inodes = new InodeReader(in, header);
    this.xattrs = new XattrReader(in, header);
    this.contents = new ContentReader(in, header);
  }

  /**
   * Opens an image.
   *
   * @throws Failure NOT_FOUND, CORRUPTED, CANCELLED on interruption, or INTERNAL when the file
   *     cannot be read
   */
  public static ErofsReader open(Path image) {
    ImageInput in;
    try {
      in = new ImageInput(FileChannel.open(image, StandardOpenOption.READ), image.toString());
    } catch (NoSuchFileException error) {
      throw Failure.notFound("EROFS image", image);
    } catch (ClosedByInterruptException interrupted) {
      throw Failure.cancelled("interrupted while opening EROFS image " + image);
    } catch (IOException error) {
      throw Failure.internal("EROFS image " + image + " cannot be opened: " + error, error);
    }
    try {
      return new ErofsReader(in, ImageHeader.read(in));
    } catch (RuntimeException error) {
      in.close();
      throw error;
    }
  }

  /** Number of inodes that the superblock states; not verified. */
  public long inodeCount() {
    return header.inodes();
  }

  public ErofsInode root() {
    ErofsInode root = inode(header.rootNid());
    if (!root.isDirectory()) {
      throw in.corrupted("its root is not a directory");
    }
    return root;
  }

  /** The inode of that number. */
  public ErofsInode inode(long nid) {
    return inodes.read(nid);
  }

  /** The extended attributes with their full names, in the order of the image. */
  public List<TarXattr> xattrs(ErofsInode inode) {
    return xattrs.read(inode);
  }

  /** The value of one extended attribute by its full name. */
  public Optional<byte[]> xattr(ErofsInode inode, byte[] name) {
    for (TarXattr xattr : xattrs.read(inode)) {
      if (Arrays.equals(xattr.name(), name)) {
        return Optional.of(xattr.value());
      }
    }
    return Optional.empty();
  }

  /**
   * The target of a symbolic link.
   *
   * @throws Failure CORRUPTED for one that is empty or longer than 4,095 bytes
   */
  public byte[] readLink(ErofsInode inode) {
    if (!inode.isSymbolicLink() || inode.size() < 1 || inode.size() > ErofsFormat.MAX_SYMLINK) {
      throw in.corrupted("inode " + inode.nid() + " is no proper symbolic link");
    }
    ByteBuffer target = ByteBuffer.allocate((int) inode.size());
    read(inode, 0, target);
    return target.array();
  }

  /**
   * The content of a file, whole.
   *
   * @throws Failure EXHAUSTED when it is larger than the limit; CORRUPTED
   */
  public byte[] readFile(ErofsInode inode, int limitBytes) {
    if (inode.size() > limitBytes) {
      throw Failure.exhausted(
          "a file of %d bytes; at most %d are read".formatted(inode.size(), limitBytes));
    }
    ByteBuffer content = ByteBuffer.allocate((int) inode.size());
    read(inode, 0, content);
    return content.array();
  }

  /**
   * Reads bytes of the content from a position on, until the buffer is full or the content ends.
   *
   * @return how many bytes, 0 at the end
   */
  public int read(ErofsInode inode, long position, ByteBuffer target) {
    return contents.read(inode, position, target);
  }

  /**
   * Lists a directory, {@code .} and {@code ..} included, in the order of the image.
   *
   * @throws Failure CORRUPTED, also for more than {@code maxEntries}
   */
  public List<ErofsDirent> list(ErofsInode directory, int maxEntries) {
    List<ErofsDirent> entries = new ArrayList<>();
    for (long i = 0; i < blockCount(directory); i++) {
      DirectoryBlock block = block(directory, i);
      if (entries.size() + block.count() > maxEntries) {
        throw in.corrupted(
            "directory " + directory.nid() + " has more than " + maxEntries + " entries");
      }
      for (int k = 0; k < block.count(); k++) {
        entries.add(block.entry(k));
      }
    }
    return entries;
  }

  /** Looks a name up as the kernel does: two binary searches. */
  public Optional<ErofsInode> child(ErofsInode directory, byte[] name) {
    long low = 0;
    long high = blockCount(directory) - 1;
    while (low <= high) {
      long middle = (low + high) >>> 1;
      DirectoryBlock block = block(directory, middle);
      if (Arrays.compareUnsigned(name, block.name(0)) < 0) {
        high = middle - 1;
      } else if (middle < high
          && Arrays.compareUnsigned(name, block(directory, middle + 1).name(0)) >= 0) {
        low = middle + 1;
      } else {
        return childIn(block, name);
      }
    }
    return Optional.empty();
  }

  private Optional<ErofsInode> childIn(DirectoryBlock block, byte[] name) {
    int low = 0;
    int high = block.count() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Arrays.compareUnsigned(name, block.name(middle));
      if (order == 0) {
        return Optional.of(inode(block.nidOf(middle)));
      }
      if (order < 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return Optional.empty();
  }

  private long blockCount(ErofsInode directory) {
    if (!directory.isDirectory()) {
      throw Failure.invalidArgument("inode " + directory.nid() + " is not a directory");
    }
    // Before anything loops over them: each block takes bytes of the file.
    if (directory.size() > in.length()) {
      throw in.corrupted("directory " + directory.nid() + " is larger than the image");
    }
    return (directory.size() + header.blockBytes() - 1) >>> header.blockBits();
  }

  private DirectoryBlock block(ErofsInode directory, long index) {
    long from = index << header.blockBits();
    int used = (int) Math.min(header.blockBytes(), directory.size() - from);
    ByteBuffer bytes = ByteBuffer.allocate(used).order(ByteOrder.LITTLE_ENDIAN);
    read(directory, from, bytes);
    return new DirectoryBlock(bytes.flip(), in, directory.nid());
  }

  /**
   * Follows a path of names from the root; no symbolic links, no {@code ..}.
   *
   * @param path slash-separated, with or without one in front
   */
  public Optional<ErofsInode> find(String path) {
    Optional<ErofsInode> at = Optional.of(root());
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && at.isPresent()) {
        ErofsInode directory = at.get();
        at =
            directory.isDirectory()
                ? child(directory, name.getBytes(StandardCharsets.UTF_8))
                : Optional.empty();
      }
    }
    return at;
  }

  @Override
  public void close() {
    in.close();
  }
}
