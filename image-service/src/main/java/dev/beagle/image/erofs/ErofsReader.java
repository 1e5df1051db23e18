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
  private static final int MAX_INODE = ErofsFormat.EXTENDED_INODE_BYTES;

  private final ImageInput in;
  private final ImageHeader header;
  private final XattrReader xattrs;

  private ErofsReader(ImageInput in, ImageHeader header) {
    this.in = in;
    this.header = header;
    this.xattrs = new XattrReader(in, header);
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
    if (nid < 0 || nid > in.length() / ErofsFormat.SLOT_BYTES) {
      throw in.corrupted("there is no inode " + nid);
    }
    long offset = header.metaStart() + nid * ErofsFormat.SLOT_BYTES;
    long available = Math.clamp(in.length() - offset, 0, MAX_INODE);
    ByteBuffer raw = in.read(offset, (int) available);
    boolean extended = available > 0 && (raw.get(0) & 1) != 0;
    int core = extended ? ErofsFormat.EXTENDED_INODE_BYTES : ErofsFormat.COMPACT_INODE_BYTES;
    if (available < core) {
      throw in.corrupted("inode " + nid + " is cut by the end of the image");
    }
    int format = raw.getShort(0) & 0xffff;
    int layout = format >> 1;
    int icount = raw.getShort(2) & 0xffff;
    int mode = raw.getShort(4) & 0xffff;
    ErofsFileType type =
        ErofsFileType.ofMode(mode)
            .orElseThrow(() -> in.corrupted("inode %d has mode 0%o".formatted(nid, mode)));
    boolean known =
        layout == ErofsFormat.LAYOUT_PLAIN
            || layout == ErofsFormat.LAYOUT_INLINE
            || (layout == ErofsFormat.LAYOUT_CHUNK && type == ErofsFileType.REGULAR);
    if (!known || icount == 1) {
      throw in.corrupted("inode %d has format 0x%x, which we do not read".formatted(nid, format));
    }
    int xattrBytes = icount == 0 ? 0 : ErofsFormat.XATTR_HEADER_BYTES + 4 * (icount - 1);
    var location = new ErofsInode.Location(layout, raw.getInt(16), offset + core, xattrBytes);
    return extended
        ? extendedInode(nid, type, mode, raw, location)
        : compactInode(nid, type, mode, raw, location);
  }

  private ErofsInode extendedInode(
      long nid, ErofsFileType type, int mode, ByteBuffer raw, ErofsInode.Location location) {
    long size = raw.getLong(8);
    int nanos = raw.getInt(40);
    if (size < 0 || nanos < 0 || nanos > 999_999_999 || raw.getShort(6) != 0) {
      throw in.corrupted("inode " + nid + " has a size, time or reserved field that cannot be");
    }
    return new ErofsInode(
        nid,
        type,
        mode,
        Integer.toUnsignedLong(raw.getInt(24)),
        Integer.toUnsignedLong(raw.getInt(28)),
        size,
        raw.getLong(32),
        nanos,
        Integer.toUnsignedLong(raw.getInt(44)),
        device(type, location),
        location);
  }

  private ErofsInode compactInode(
      long nid, ErofsFileType type, int mode, ByteBuffer raw, ErofsInode.Location location) {
    return new ErofsInode(
        nid,
        type,
        mode,
        raw.getShort(24) & 0xffff,
        raw.getShort(26) & 0xffff,
        Integer.toUnsignedLong(raw.getInt(8)),
        header.epoch() + Integer.toUnsignedLong(raw.getInt(12)),
        header.epochNanos(),
        raw.getShort(6) & 0xffff,
        device(type, location),
        location);
  }

  private static int device(ErofsFileType type, ErofsInode.Location location) {
    boolean is = type == ErofsFileType.CHARACTER_DEVICE || type == ErofsFileType.BLOCK_DEVICE;
    return is ? location.address() : 0;
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
    long count = Math.clamp(inode.size() - position, 0, target.remaining());
    int wanted = (int) count;
    int whole = target.limit();
    long at = position;
    while (count > 0) {
      Extent extent = extent(inode, at);
      int n = (int) Math.min(count, extent.length);
      target.limit(target.position() + n);
      if (extent.offset < 0) {
        while (target.hasRemaining()) {
          target.put((byte) 0);
        }
      } else {
        in.readInto(target, extent.offset);
      }
      at += n;
      count -= n;
    }
    target.limit(whole);
    return wanted;
  }

  /** Contiguous bytes of the image from a position of a file on; offset -1 for a hole. */
  private record Extent(long offset, long length) {}

  private Extent extent(ErofsInode inode, long position) {
    ErofsInode.Location location = inode.location();
    long left = inode.size() - position;
    if (location.layout() == ErofsFormat.LAYOUT_CHUNK) {
      return chunkExtent(inode, position);
    }
    long start = Integer.toUnsignedLong(location.address()) << header.blockBits();
    if (location.layout() == ErofsFormat.LAYOUT_PLAIN) {
      return new Extent(start + position, left);
    }
    long tailFrom = inode.size() & -(long) header.blockBytes();
    if (position < tailFrom) {
      return new Extent(start + position, tailFrom - position);
    }
    long tail = location.tail();
    if (tail % header.blockBytes() + (inode.size() - tailFrom) > header.blockBytes()) {
      throw in.corrupted("the inline data of inode " + inode.nid() + " cross a block");
    }
    return new Extent(tail + position - tailFrom, left);
  }

  private Extent chunkExtent(ErofsInode inode, long position) {
    int format = inode.location().address();
    boolean indexes = (format & ErofsFormat.CHUNK_INDEXES) != 0;
    int known = ErofsFormat.CHUNK_BITS_MASK | ErofsFormat.CHUNK_INDEXES;
    if ((format & ~known) != 0) {
      throw in.corrupted("inode %d has chunk format 0x%x".formatted(inode.nid(), format));
    }
    int chunkBits = header.blockBits() + (format & ErofsFormat.CHUNK_BITS_MASK);
    int entryBytes = indexes ? 8 : 4;
    long chunk = position >>> chunkBits;
    long map = ErofsFormat.alignUp(inode.location().tail(), entryBytes);
    if (chunk > in.length() / entryBytes) {
      throw in.corrupted("the chunk map of inode " + inode.nid() + " leaves the image");
    }
    ByteBuffer entry = in.read(map + chunk * entryBytes, entryBytes);
    if (indexes && entry.getInt(0) != 0) {
      throw in.corrupted("inode " + inode.nid() + " has data on another device");
    }
    int block = entry.getInt(entryBytes - 4);
    long inChunk = position & ((1L << chunkBits) - 1);
    long length = Math.min((1L << chunkBits) - inChunk, inode.size() - position);
    if (block == ErofsFormat.NO_BLOCK) {
      return new Extent(-1, length);
    }
    return new Extent((Integer.toUnsignedLong(block) << header.blockBits()) + inChunk, length);
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
