package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Makes a tar of directories, the same bytes for the same calls. Everything but the mode stands in
 * pax records (POSIX.1-2024, pax), so that no name, number or attribute is too large. One thread.
 */
public final class DirectoryArchive {
  private static final int BLOCK = 512;
  private static final int MAX_BYTES = 16 << 20;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /**
   * Adds a directory.
   *
   * @param path raw bytes, relative; empty for the root
   * @param mode the twelve permission bits
   * @throws Failure EXHAUSTED where the archive becomes larger than 16 MiB
   */
  public DirectoryArchive add(
      byte[] path, int mode, Owner owner, Moment modified, List<TarXattr> xattrs) {
    ByteArrayOutputStream pax = new ByteArrayOutputStream();
    ByteArrayOutputStream name = new ByteArrayOutputStream();
    name.writeBytes(ascii("./"));
    name.writeBytes(path);
    record(pax, ascii("path"), name.toByteArray());
    record(pax, ascii("uid"), ascii(Long.toString(owner.uid())));
    record(pax, ascii("gid"), ascii(Long.toString(owner.gid())));
    record(pax, ascii("mtime"), ascii(modified.decimal()));
    for (TarXattr xattr : xattrs) {
      ByteArrayOutputStream key = new ByteArrayOutputStream();
      key.writeBytes(ascii("SCHILY.xattr."));
      key.writeBytes(xattr.name());
      record(pax, key.toByteArray(), xattr.value());
    }
    if (out.size() + pax.size() + 3 * BLOCK > MAX_BYTES) {
      throw Failure.exhausted(
          "the image's layers leave out so many directories that more than 16 MiB would describe"
              + " them");
    }
    header('x', "pax", 0644, pax.size());
    out.writeBytes(pax.toByteArray());
    out.writeBytes(new byte[-pax.size() & (BLOCK - 1)]);
    header('5', "directory/", mode, 0);
    return this;
  }

  /** The archive with its end. */
  public byte[] build() {
    out.writeBytes(new byte[2 * BLOCK]);
    return out.toByteArray();
  }

  /** A pax record counts its own length in. */
  private static void record(ByteArrayOutputStream pax, byte[] key, byte[] value) {
    int content = key.length + value.length + 3;
    int length = content + Integer.toString(content).length();
    length = content + Integer.toString(length).length();
    pax.writeBytes(ascii(length + " "));
    pax.writeBytes(key);
    pax.write('=');
    pax.writeBytes(value);
    pax.write('\n');
  }

  private void header(char type, String name, int mode, int size) {
    byte[] block = new byte[BLOCK];
    put(block, 0, name);
    put(block, 100, "%07o".formatted(mode));
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    put(block, 124, "%011o".formatted(size));
    put(block, 136, "00000000000");
    put(block, 148, "        ");
    block[156] = (byte) type;
    put(block, 257, "ustar\00000");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    out.writeBytes(block);
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = ascii(text);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Who owns a directory. */
  public record Owner(long uid, long gid) {}

  /**
   * When it was changed last.
   *
   * @param seconds since 1970, rounded down; may be negative
   * @param nanos to add
   */
  public record Moment(long seconds, int nanos) {
    /** As pax has it: before 1970 the sign is of the whole number. */
    String decimal() {
      if (seconds < 0 && nanos > 0) {
        long whole = -(seconds + 1);
        return "-%d.%09d".formatted(whole, 1_000_000_000 - nanos);
      }
      return "%d.%09d".formatted(seconds, nanos);
    }
  }
}
