package dev.beagle.image.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes tar archives byte by byte, right ones and wrong ones. What is set by {@link #owner},
 * {@link #mode}, {@link #mtime} and {@link #pax} counts for the next entry only.
 */
public final class TarBuilder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ByteArrayOutputStream pax = new ByteArrayOutputStream();
  private long uid;
  private long gid;
  private int mode = -1;
  private long mtime;

  public TarBuilder owner(long newUid, long newGid) {
    uid = newUid;
    gid = newGid;
    return this;
  }

  public TarBuilder mode(int newMode) {
    mode = newMode;
    return this;
  }

  public TarBuilder mtime(long seconds) {
    mtime = seconds;
    return this;
  }

  public TarBuilder pax(String key, String value) {
    return pax(bytes(key), bytes(value));
  }

  public TarBuilder xattr(String name, byte[] value) {
    return pax(bytes("SCHILY.xattr." + name), value);
  }

  public TarBuilder pax(byte[] key, byte[] value) {
    int content = key.length + value.length + 3;
    int length = content + Integer.toString(content).length();
    if (Integer.toString(length).length() > Integer.toString(content).length()) {
      length++;
    }
    pax.writeBytes(bytes(length + " "));
    pax.writeBytes(key);
    pax.write('=');
    pax.writeBytes(value);
    pax.write('\n');
    return this;
  }

  public TarBuilder file(String name, String content) {
    return file(bytes(name), bytes(content));
  }

  public TarBuilder file(byte[] name, byte[] content) {
    return entry('0', name, new byte[0], 0, 0, content);
  }

  public TarBuilder directory(String name) {
    return directory(bytes(name));
  }

  public TarBuilder directory(byte[] name) {
    return entry('5', name, new byte[0], 0, 0, new byte[0]);
  }

  public TarBuilder symlink(String name, String target) {
    return entry('2', bytes(name), bytes(target), 0, 0, new byte[0]);
  }

  public TarBuilder hardLink(String name, String target) {
    return entry('1', bytes(name), bytes(target), 0, 0, new byte[0]);
  }

  public TarBuilder device(char type, String name, int major, int minor) {
    return entry(type, bytes(name), new byte[0], major, minor, new byte[0]);
  }

  public TarBuilder fifo(String name) {
    return entry('6', bytes(name), new byte[0], 0, 0, new byte[0]);
  }

  /** Any entry; names beyond 100 bytes go into a pax header. */
  public TarBuilder entry(
      char type, byte[] name, byte[] link, int major, int minor, byte[] content) {
    if (name.length > 100) {
      pax(bytes("path"), name);
    }
    if (link.length > 100) {
      pax(bytes("linkpath"), link);
    }
    if (pax.size() > 0) {
      byte[] records = pax.toByteArray();
      pax = new ByteArrayOutputStream();
      raw(header('x', bytes("PaxHeaders/x"), new byte[0], 0, 0, records.length));
      data(records);
    }
    raw(header(type, name, link, major, minor, content.length));
    data(content);
    uid = 0;
    gid = 0;
    mode = -1;
    mtime = 0;
    return this;
  }

  /** A header of the current owner, mode and time, with its checksum. */
  public byte[] header(char type, byte[] name, byte[] link, int major, int minor, long size) {
    byte[] block = new byte[512];
    System.arraycopy(name, 0, block, 0, Math.min(name.length, 100));
    int usual = type == '5' ? 0755 : 0644;
    number(block, 100, 8, mode < 0 ? usual : mode);
    number(block, 108, 8, uid);
    number(block, 116, 8, gid);
    number(block, 124, 12, size);
    number(block, 136, 12, mtime);
    block[156] = (byte) type;
    System.arraycopy(link, 0, block, 157, Math.min(link.length, 100));
    System.arraycopy(bytes("ustar\00000"), 0, block, 257, 8);
    number(block, 329, 8, major);
    number(block, 337, 8, minor);
    return seal(block);
  }

  /** Sets the checksum of a header. */
  public static byte[] seal(byte[] block) {
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    System.arraycopy(bytes("%06o\0 ".formatted(sum)), 0, block, 148, 8);
    return block;
  }

  /** Octal where it fits, else base-256. */
  public static void number(byte[] block, int at, int length, long value) {
    String octal = Long.toOctalString(value);
    if (value >= 0 && octal.length() < length) {
      byte[] digits = bytes("0".repeat(length - 1 - octal.length()) + octal);
      System.arraycopy(digits, 0, block, at, digits.length);
      return;
    }
    long left = value;
    for (int i = length - 1; i >= 0; i--) {
      block[at + i] = (byte) left;
      left >>= 8;
    }
    block[at] |= (byte) 0x80;
  }

  public TarBuilder raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Bytes and zeros up to a whole block. */
  public TarBuilder data(byte[] content) {
    out.writeBytes(content);
    out.writeBytes(new byte[-content.length & 511]);
    return this;
  }

  /** The archive without its end. */
  public byte[] unended() {
    return out.toByteArray();
  }

  /** The archive with two zero blocks at the end. */
  public byte[] build() {
    return Arrays.copyOf(out.toByteArray(), out.size() + 1024);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
