package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records of a pax extended header: {@code "LENGTH KEY=VALUE\n"}, POSIX.1-2017 pax, "pax Extended
 * Header". Later records win over earlier ones; the pairs of GNU sparse format 0.0 are collected.
 */
final class PaxRecords {
  private static final String XATTR = "SCHILY.xattr.";
  private static final byte[] XATTR_BYTES = XATTR.getBytes(StandardCharsets.US_ASCII);

  private final Map<String, byte[]> values = new HashMap<>();
  private final Map<String, TarXattr> xattrs = new HashMap<>();
  private SparseMap.@Nullable Builder sparsePairs;
  private long pendingOffset = -1;
  private final long offset;

  private PaxRecords(long offset) {
    this.offset = offset;
  }

  /**
   * Parses a whole header.
   *
   * @param offset where it stands in the archive, for messages
   */
  static PaxRecords parse(byte[] data, long offset) {
    PaxRecords records = new PaxRecords(offset);
    int at = 0;
    while (at < data.length) {
      at = records.parseOne(data, at);
    }
    return records;
  }

  private int parseOne(byte[] data, int start) {
    int length = 0;
    int at = start;
    while (at < data.length && data[at] >= '0' && data[at] <= '9' && at - start < 8) {
      length = length * 10 + data[at] - '0';
      at++;
    }
    int end = start + length;
    if (at == start || at >= data.length || data[at] != ' ' || end > data.length || end <= at + 1) {
      throw bad("a record's length is wrong");
    }
    int equals = at + 1;
    while (equals < end && data[equals] != '=') {
      equals++;
    }
    if (equals == end || equals == at + 1 || data[end - 1] != '\n') {
      throw bad("a record is not KEY=VALUE");
    }
    put(Arrays.copyOfRange(data, at + 1, equals), Arrays.copyOfRange(data, equals + 1, end - 1));
    return end;
  }

  private void put(byte[] rawKey, byte[] value) {
    String key = new String(rawKey, StandardCharsets.ISO_8859_1);
    if (key.startsWith(XATTR)) {
      byte[] name = Arrays.copyOfRange(rawKey, XATTR_BYTES.length, rawKey.length);
      xattrs.put(key, new TarXattr(name, value));
      return;
    }
    switch (key) {
      case "GNU.sparse.offset" -> pendingOffset = decimal(key, value);
      case "GNU.sparse.numbytes" -> {
        if (pendingOffset < 0) {
          throw bad("GNU.sparse.numbytes without GNU.sparse.offset");
        }
        if (sparsePairs == null) {
          sparsePairs = new SparseMap.Builder();
        }
        sparsePairs.add(pendingOffset, decimal(key, value));
        pendingOffset = -1;
      }
      default -> values.put(key, value);
    }
  }

  /** The value as bytes; null when it is missing or empty, which means: not overridden. */
  byte @Nullable [] bytes(String key) {
    byte[] value = values.get(key);
    return value == null || value.length == 0 ? null : value;
  }

  /** A name: like {@link #bytes}, refused with a NUL in it. */
  byte @Nullable [] name(String key) {
    byte[] value = bytes(key);
    if (value != null) {
      for (byte b : value) {
        if (b == 0) {
          throw bad(key + " has a NUL in it");
        }
      }
    }
    return value;
  }

  /** A non-negative decimal number, or the default when the key is missing or empty. */
  long number(String key, long missing) {
    byte[] value = bytes(key);
    return value == null ? missing : decimal(key, value);
  }

  /** Attributes in the order of their names. */
  List<TarXattr> xattrs() {
    if (xattrs.isEmpty()) {
      return List.of();
    }
    List<TarXattr> sorted = new ArrayList<>(xattrs.values());
    sorted.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
    return sorted;
  }

  /** Regions of GNU sparse format 0.0 (pairs of records) or 0.1 (one list), else null. */
  SparseMap.@Nullable Builder sparseRegions() {
    byte[] list = bytes("GNU.sparse.map");
    if (list == null) {
      return sparsePairs;
    }
    SparseMap.Builder regions = new SparseMap.Builder();
    String[] numbers = new String(list, StandardCharsets.ISO_8859_1).split(",", -1);
    if (numbers.length % 2 != 0) {
      throw bad("GNU.sparse.map has an odd number of values");
    }
    for (int i = 0; i < numbers.length; i += 2) {
      regions.add(
          decimal("GNU.sparse.map", numbers[i].getBytes(StandardCharsets.ISO_8859_1)),
          decimal("GNU.sparse.map", numbers[i + 1].getBytes(StandardCharsets.ISO_8859_1)));
    }
    return regions;
  }

  /**
   * Applies {@code mtime}: decimal seconds, possibly negative, with any number of fraction digits.
   */
  void applyMtime(TarEntry.Fields fields) {
    byte[] value = bytes("mtime");
    if (value == null) {
      return;
    }
    boolean negative = value[0] == '-';
    int dot = 0;
    while (dot < value.length && value[dot] != '.') {
      dot++;
    }
    long seconds = decimal("mtime", Arrays.copyOfRange(value, negative ? 1 : 0, dot));
    int nanos = 0;
    for (int i = 0; i < 9; i++) {
      int at = dot + 1 + i;
      nanos = nanos * 10 + (at < value.length ? digit("mtime", value[at]) : 0);
    }
    if (negative) {
      seconds = nanos == 0 ? -seconds : -seconds - 1;
      nanos = nanos == 0 ? 0 : 1_000_000_000 - nanos;
    }
    fields.mtimeSeconds = seconds;
    fields.mtimeNanos = nanos;
  }

  private long decimal(String key, byte[] value) {
    if (value.length == 0 || value.length > 18) {
      throw bad(key + " is not a number that we take");
    }
    long number = 0;
    for (byte b : value) {
      number = number * 10 + digit(key, b);
    }
    return number;
  }

  private int digit(String key, byte b) {
    if (b < '0' || b > '9') {
      throw bad(key + " is not a decimal number");
    }
    return b - '0';
  }

  private Failure bad(String reason) {
    return Failure.corrupted("pax header at byte " + offset + " of the tar archive: " + reason);
  }
}
