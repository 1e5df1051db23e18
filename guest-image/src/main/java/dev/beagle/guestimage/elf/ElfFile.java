package dev.beagle.guestimage.elf;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A 64-bit little-endian ELF file, as far as it is asked here (System V ABI, chapters 4 and 5).
 * Every offset in it is a stranger's. Immutable.
 */
public final class ElfFile {
  private static final int MAGIC = 0x464c457f; // "\x7fELF"
  private static final int CLASS_AND_DATA_AT = 4;
  private static final int CLASS_64_LITTLE_ENDIAN = 0x0102;
  private static final int HEADER_BYTES = 64;
  private static final int MACHINE_AT = 18;
  private static final int PROGRAM_HEADERS_AT = 32;
  private static final int SECTION_HEADERS_AT = 40;
  private static final int PROGRAM_HEADER_COUNT_AT = 56;
  private static final int SECTION_HEADER_COUNT_AT = 60;
  private static final int SECTION_NAMES_INDEX_AT = 62;
  private static final int PROGRAM_HEADER_BYTES = 56;
  private static final int SECTION_HEADER_BYTES = 64;

  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int DYNAMIC_ENTRY_BYTES = 16;
  private static final long DT_NULL = 0;
  private static final long DT_NEEDED = 1;
  private static final long DT_STRTAB = 5;
  private static final long DT_SONAME = 14;

  private static final int STRING_BYTES = 4096;

  private final String name;
  private final ByteBuffer bytes;
  private final List<Segment> segments;

  private record Segment(int type, long offset, long address, long fileBytes) {}

  private record Section(String name, long offset, long size) {}

  private ElfFile(String name, ByteBuffer bytes) {
    this.name = name;
    this.bytes = bytes;
    segments = readSegments();
  }

  /**
   * @param name for messages
   * @throws Failure CORRUPTED when it is no such file
   */
  public static ElfFile parse(String name, ByteBuffer content) {
    ByteBuffer bytes = content.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < HEADER_BYTES
        || bytes.getInt(0) != MAGIC
        || bytes.getShort(CLASS_AND_DATA_AT) != CLASS_64_LITTLE_ENDIAN) {
      throw Failure.corrupted(name + " is no 64-bit little-endian ELF file");
    }
    return new ElfFile(name, bytes);
  }

  /** e_machine: 183 is AArch64, 62 x86-64. */
  public int machine() {
    return bytes.getShort(MACHINE_AT) & 0xffff;
  }

  /** The path of the dynamic linker; empty for libraries and static programs. */
  public Optional<String> interpreter() {
    return segments.stream()
        .filter(segment -> segment.type == PT_INTERP)
        .findFirst()
        .map(segment -> string(segment.offset));
  }

  /** Names of the libraries that it is linked with, in its order. */
  public List<String> needed() {
    return dynamicStrings(DT_NEEDED);
  }

  /** The name under which a library is needed by others. */
  public Optional<String> soname() {
    return dynamicStrings(DT_SONAME).stream().findFirst();
  }

  /** The bytes of a section, by its name. */
  public Optional<ByteBuffer> section(String wanted) {
    return sections().stream()
        .filter(section -> section.name.equals(wanted))
        .findFirst()
        .map(section -> slice(section.offset, section.size));
  }

  private List<Segment> readSegments() {
    long table = bytes.getLong(PROGRAM_HEADERS_AT);
    int count = bytes.getShort(PROGRAM_HEADER_COUNT_AT) & 0xffff;
    List<Segment> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer header = slice(table + (long) i * PROGRAM_HEADER_BYTES, PROGRAM_HEADER_BYTES);
      found.add(
          new Segment(header.getInt(0), header.getLong(8), header.getLong(16), header.getLong(32)));
    }
    return found;
  }

  private List<Section> sections() {
    long table = bytes.getLong(SECTION_HEADERS_AT);
    int count = bytes.getShort(SECTION_HEADER_COUNT_AT) & 0xffff;
    int namesIndex = bytes.getShort(SECTION_NAMES_INDEX_AT) & 0xffff;
    List<Section> found = new ArrayList<>();
    if (count == 0) {
      return found;
    }
    long names = sectionHeader(table, namesIndex).getLong(24);
    for (int i = 0; i < count; i++) {
      ByteBuffer header = sectionHeader(table, i);
      String title = string(names + Integer.toUnsignedLong(header.getInt(0)));
      found.add(new Section(title, header.getLong(24), header.getLong(32)));
    }
    return found;
  }

  private ByteBuffer sectionHeader(long table, int index) {
    return slice(table + (long) index * SECTION_HEADER_BYTES, SECTION_HEADER_BYTES);
  }

  private List<String> dynamicStrings(long wanted) {
    @Nullable Segment dynamic = null;
    for (Segment segment : segments) {
      if (segment.type == PT_DYNAMIC) {
        dynamic = segment;
      }
    }
    List<String> found = new ArrayList<>();
    if (dynamic == null) {
      return found;
    }
    ByteBuffer table = slice(dynamic.offset, dynamic.fileBytes);
    List<Long> offsets = new ArrayList<>();
    long strings = -1;
    while (table.remaining() >= DYNAMIC_ENTRY_BYTES) {
      long tag = table.getLong();
      long value = table.getLong();
      if (tag == DT_NULL) {
        break;
      }
      if (tag == DT_STRTAB) {
        strings = offsetOf(value);
      } else if (tag == wanted) {
        offsets.add(value);
      }
    }
    if (strings < 0 && !offsets.isEmpty()) {
      throw damaged("names without a table of strings");
    }
    for (long offset : offsets) {
      found.add(string(strings + checked(offset)));
    }
    return found;
  }

  /** Where in the file an address is loaded from. */
  private long offsetOf(long address) {
    for (Segment segment : segments) {
      long within = address - segment.address;
      if (segment.type == PT_LOAD && within >= 0 && within < segment.fileBytes) {
        return segment.offset + within;
      }
    }
    throw damaged("an address that no segment has");
  }

  private String string(long offset) {
    int start = checked(offset);
    int end = start;
    while (end < bytes.limit() && bytes.get(end) != 0) {
      end++;
      if (end - start > STRING_BYTES) {
        throw damaged("a string of more than %d bytes".formatted(STRING_BYTES));
      }
    }
    if (end == bytes.limit()) {
      throw damaged("a string that does not end");
    }
    byte[] text = new byte[end - start];
    bytes.get(start, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private int checked(long offset) {
    if (offset < 0 || offset >= bytes.limit()) {
      throw damaged("an offset of 0x%x".formatted(offset));
    }
    return (int) offset;
  }

  private ByteBuffer slice(long offset, long size) {
    if (offset < 0 || size < 0 || size > bytes.limit() || offset > bytes.limit() - size) {
      throw damaged("a part at 0x%x of 0x%x bytes".formatted(offset, size));
    }
    return bytes.slice((int) offset, (int) size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Failure damaged(String what) {
    return Failure.corrupted(
        "%s is a damaged ELF file: it has %s and %d bytes".formatted(name, what, bytes.limit()));
  }
}
