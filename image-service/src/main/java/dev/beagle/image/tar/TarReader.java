package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive in one pass: ustar, pax (with {@code SCHILY.xattr.*}), GNU long names, GNU
 * and pax sparse files (all four formats), base-256 numbers. What differs between readers is
 * decided as in Go's archive/tar, which container images are made with: entries that carry no data
 * have size 0 whatever their header says, global pax headers are ignored, an empty pax value
 * overrides nothing.
 *
 * <p>Memory is bounded by {@link TarLimits}. What breaks the format or a limit is a {@link Failure}
 * of kind CORRUPTED; errors of the stream itself come through as {@link IOException}. Paths are not
 * judged here: who builds a tree from them has to. One thread; does not close the stream.
 */
public final class TarReader {
  private final TarInput in;
  private final TarLimits limits;
  private final TarHeader header = new TarHeader();
  private long headers;
  private long dataLeft;
  private long padding;
  private boolean ended;

  public TarReader(InputStream in, TarLimits limits) {
    this.in = new TarInput(in);
    this.limits = limits;
  }

  /** Skips what is left of the current entry and reads the next one; null at the end. */
  public @Nullable TarEntry next() throws IOException {
    in.skip(dataLeft + padding);
    dataLeft = 0;
    padding = 0;
    PaxRecords pax = null;
    byte[] longName = null;
    byte[] longLink = null;
    while (readHeader()) {
      switch (header.typeFlag()) {
        case 'x' -> pax = PaxRecords.parse(extension("pax header"), in.offset());
        case 'g' -> extension("global pax header");
        case 'L' -> longName = untilNul(extension("long name"));
        case 'K' -> longLink = untilNul(extension("long link name"));
        default -> {
          return entry(pax, longName, longLink);
        }
      }
    }
    if (pax != null || longName != null || longLink != null) {
      throw Failure.corrupted("tar archive ends after an extension header, before its entry");
    }
    return null;
  }

  /**
   * Reads data of the current entry into the target; for a sparse file its regions one after
   * another.
   *
   * @return how many bytes, at least 1, or -1 at the end of the entry
   */
  public int read(ByteBuffer target) throws IOException {
    if (dataLeft == 0) {
      return -1;
    }
    int n = in.read(target, dataLeft);
    dataLeft -= n;
    return n;
  }

  /** Bytes of the current entry that {@link #read} has not yielded yet. */
  public long remaining() {
    return dataLeft;
  }

  private boolean readHeader() throws IOException {
    if (ended) {
      return false;
    }
    long offset = in.offset();
    if (!in.readBlock(header.block)) {
      ended = true;
      return false;
    }
    if (header.isZero()) {
      if (in.readBlock(header.block) && !header.isZero()) {
        throw Failure.corrupted("tar archive goes on after a zero block, at byte " + offset);
      }
      ended = true;
      return false;
    }
    if (!header.checksumMatches(offset)) {
      throw Failure.corrupted(
          "no tar header at byte " + offset + " (checksum differs): not a tar archive, or damaged");
    }
    if (++headers > limits.headers()) {
      throw Failure.corrupted("tar archive has more than " + limits.headers() + " headers");
    }
    return true;
  }

  /** The data of an extension header, whole. */
  private byte[] extension(String what) throws IOException {
    long size = header.number(124, 12, "size", in.offset());
    if (size < 0 || size > limits.extensionBytes()) {
      throw Failure.corrupted(
          "tar archive: a %s of %d bytes at byte %d, the limit is %d"
              .formatted(what, size, in.offset(), limits.extensionBytes()));
    }
    byte[] data = new byte[(int) size];
    in.readFully(data, 0, data.length);
    in.skip(paddingOf(size));
    return data;
  }

  private static byte[] untilNul(byte[] data) {
    int end = 0;
    while (end < data.length && data[end] != 0) {
      end++;
    }
    return Arrays.copyOf(data, end);
  }

  private TarEntry entry(
      @Nullable PaxRecords pax, byte @Nullable [] longName, byte @Nullable [] longLink)
      throws IOException {
    long offset = in.offset() - TarInput.BLOCK;
    TarEntry.Fields fields = new TarEntry.Fields();
    fields.path = longName != null ? longName : header.path();
    fields.linkTarget = longLink != null ? longLink : header.linkTarget();
    fields.mode = (int) (header.number(100, 8, "mode", offset) & 0xfff);
    fields.uid = header.number(108, 8, "uid", offset);
    fields.gid = header.number(116, 8, "gid", offset);
    fields.storedSize = header.number(124, 12, "size", offset);
    fields.mtimeSeconds = header.number(136, 12, "mtime", offset);
    TarType type = type(header.typeFlag(), fields);
    if (type == TarType.CHARACTER_DEVICE || type == TarType.BLOCK_DEVICE) {
      fields.deviceMajor = header.number(329, 8, "device major", offset);
      fields.deviceMinor = header.number(337, 8, "device minor", offset);
    }
    if (pax != null) {
      apply(pax, fields);
    }
    check(fields);
    if (type == TarType.FILE) {
      dataLeft = fields.storedSize;
      padding = paddingOf(fields.storedSize);
      fields.realSize = fields.storedSize;
      readSparseMap(pax, fields, offset);
    }
    return new TarEntry(fields, type);
  }

  private TarType type(char flag, TarEntry.Fields fields) {
    return switch (flag) {
      // V7 tars have no directory type, only a trailing slash.
      case '\0' -> endsWithSlash(fields.path) ? TarType.DIRECTORY : TarType.FILE;
      case '0', '7' -> TarType.FILE;
      case 'S' -> {
        if (!header.isGnu()) {
          throw Failure.corrupted(
              "tar entry " + TarEntry.display(fields.path) + " is sparse in an unknown format");
        }
        yield TarType.FILE;
      }
      case '1' -> TarType.HARD_LINK;
      case '2' -> TarType.SYMBOLIC_LINK;
      case '3' -> TarType.CHARACTER_DEVICE;
      case '4' -> TarType.BLOCK_DEVICE;
      case '5' -> TarType.DIRECTORY;
      case '6' -> TarType.FIFO;
      default ->
          throw Failure.corrupted(
              "tar entry %s has type 0x%02x, which a layer cannot carry"
                  .formatted(TarEntry.display(fields.path), (int) flag));
    };
  }

  private static boolean endsWithSlash(byte[] path) {
    return path.length > 0 && path[path.length - 1] == '/';
  }

  private static void apply(PaxRecords pax, TarEntry.Fields fields) {
    byte[] path = pax.name("path");
    byte[] link = pax.name("linkpath");
    byte[] sparseName = pax.name("GNU.sparse.name");
    fields.path = path != null ? path : fields.path;
    fields.path = sparseName != null ? sparseName : fields.path;
    fields.linkTarget = link != null ? link : fields.linkTarget;
    fields.storedSize = pax.number("size", fields.storedSize);
    fields.uid = pax.number("uid", fields.uid);
    fields.gid = pax.number("gid", fields.gid);
    pax.applyMtime(fields);
    fields.xattrs = pax.xattrs();
  }

  private void check(TarEntry.Fields fields) {
    if (fields.path.length > limits.pathBytes() || fields.linkTarget.length > limits.pathBytes()) {
      throw Failure.corrupted(
          "tar entry %s: a path of more than %d bytes"
              .formatted(TarEntry.display(fields.path), limits.pathBytes()));
    }
    if (fields.storedSize < 0 || fields.storedSize > Long.MAX_VALUE >> 1) {
      throw Failure.corrupted(
          "tar entry " + TarEntry.display(fields.path) + ": size " + fields.storedSize);
    }
  }

  private void readSparseMap(@Nullable PaxRecords pax, TarEntry.Fields fields, long offset)
      throws IOException {
    String name = TarEntry.display(fields.path);
    SparseMap.Builder regions = null;
    long realSize = fields.storedSize;
    if (header.typeFlag() == 'S') {
      realSize = header.number(483, 12, "real size", offset);
      regions = oldGnuRegions(offset);
    } else if (pax != null) {
      realSize = pax.number("GNU.sparse.realsize", pax.number("GNU.sparse.size", realSize));
      regions = pax.number("GNU.sparse.major", 0) == 1 ? regionsInData(name) : pax.sparseRegions();
    }
    if (regions == null) {
      return;
    }
    if (realSize < 0) {
      throw Failure.corrupted("tar entry " + name + ": real size " + realSize);
    }
    SparseMap map = regions.build(realSize, name);
    if (map.dataBytes() != dataLeft) {
      throw Failure.corrupted(
          "tar entry %s: its sparse regions have %d bytes, its data %d"
              .formatted(name, map.dataBytes(), dataLeft));
    }
    fields.realSize = realSize;
    fields.sparse = map;
  }

  /** Old GNU format: 4 regions in the header, 21 in each extension block that follows. */
  private SparseMap.Builder oldGnuRegions(long offset) throws IOException {
    SparseMap.Builder regions = new SparseMap.Builder();
    boolean more = addOldGnuRegions(header, 386, 4, 482, regions, offset);
    TarHeader extension = new TarHeader();
    for (int blocks = 1; more; blocks++) {
      if ((long) blocks * TarInput.BLOCK > limits.extensionBytes()) {
        throw Failure.corrupted("tar header at byte " + offset + ": its sparse map is too long");
      }
      in.readFully(extension.block, 0, TarInput.BLOCK);
      more = addOldGnuRegions(extension, 0, 21, 504, regions, offset);
    }
    return regions;
  }

  private static boolean addOldGnuRegions(
      TarHeader from, int at, int count, int flagAt, SparseMap.Builder regions, long offset) {
    for (int i = 0; i < count; i++) {
      int region = at + 24 * i;
      if (from.block[region] == 0) {
        break;
      }
      regions.add(
          from.number(region, 12, "sparse offset", offset),
          from.number(region + 12, 12, "sparse length", offset));
    }
    return from.block[flagAt] != 0;
  }

  /** Pax format 1.0: decimal numbers, one a line, in whole blocks before the data. */
  private SparseMap.Builder regionsInData(String name) throws IOException {
    SparseMap.Builder regions = new SparseMap.Builder();
    long start = in.offset();
    long available = Math.min(dataLeft, limits.extensionBytes());
    long count = line(name, start, available);
    // A region takes at least four bytes, so a count beyond that is refused before the loop.
    if (count > available / 4) {
      throw Failure.corrupted("tar entry " + name + ": its sparse map is too long");
    }
    for (long i = 0; i < count; i++) {
      long regionOffset = line(name, start, available);
      regions.add(regionOffset, line(name, start, available));
    }
    long used = in.offset() - start;
    long whole = used + paddingOf(used);
    if (whole > dataLeft) {
      throw Failure.corrupted("tar entry " + name + ": its sparse map is longer than its data");
    }
    in.skip(whole - used);
    dataLeft -= whole;
    return regions;
  }

  private long line(String name, long start, long available) throws IOException {
    long value = 0;
    int digits = 0;
    while (in.offset() - start < available && digits <= 18) {
      int b = in.readByte();
      if (b == '\n' && digits > 0) {
        return value;
      }
      if (b < '0' || b > '9') {
        break;
      }
      value = value * 10 + b - '0';
      digits++;
    }
    throw Failure.corrupted("tar entry " + name + ": its sparse map is not a list of numbers");
  }

  private static long paddingOf(long size) {
    return -size & (TarInput.BLOCK - 1);
  }
}
