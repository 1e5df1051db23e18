package dev.beagle.guestimage.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes ELF files that have what is asked for and nothing else: no code. */
public final class Elf {
  public static final int AARCH64 = 183;

  private static final long ADDRESS = 0x400000;
  private static final int HEADER = 64;
  private static final int SEGMENT = 56;
  private static final int SECTION = 64;

  private final int machine;
  private String interpreter = "";
  private final List<String> needed = new ArrayList<>();
  private final Map<String, String> sections = new LinkedHashMap<>();

  public Elf(int machine) {
    this.machine = machine;
  }

  public Elf interpreter(String path) {
    interpreter = path;
    return this;
  }

  public Elf needs(String... libraries) {
    needed.addAll(List.of(libraries));
    return this;
  }

  public Elf section(String name, String content) {
    sections.put(name, content);
    return this;
  }

  /** Header, three segments (all of it, dynamic, interpreter), data, section headers. */
  public ByteBuffer build() {
    ByteBuffer out = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
    out.putShort(16, (short) 3).putShort(18, (short) machine).putInt(20, 1);
    int segments = interpreter.isEmpty() ? 2 : 3;
    out.putLong(32, HEADER).putShort(54, (short) SEGMENT).putShort(56, (short) segments);
    out.position(HEADER + 3 * SEGMENT);

    int strings = out.position();
    out.put((byte) 0);
    List<Integer> offsets = new ArrayList<>();
    for (String name : needed) {
      offsets.add(out.position() - strings);
      text(out, name);
    }
    int path = out.position();
    text(out, interpreter);
    align(out);
    int dynamic = out.position();
    offsets.forEach(offset -> out.putLong(1).putLong(offset));
    out.putLong(5).putLong(ADDRESS + strings).putLong(0).putLong(0);
    int dynamicBytes = out.position() - dynamic;

    sections(out);
    int end = out.position();
    segment(out, 0, 1, 0, end);
    segment(out, 1, 2, dynamic, dynamicBytes);
    if (segments == 3) {
      segment(out, 2, 3, path, interpreter.length() + 1);
    }
    return out.flip().limit(end);
  }

  private void sections(ByteBuffer out) {
    Map<String, int[]> places = new LinkedHashMap<>();
    sections.forEach((name, content) -> {
      int start = out.position();
      out.put(content.getBytes(StandardCharsets.UTF_8));
      places.put(name, new int[] {start, out.position() - start});
    });
    int names = out.position();
    out.put((byte) 0);
    Map<String, Integer> titles = new LinkedHashMap<>();
    for (String name : places.keySet()) {
      titles.put(name, out.position() - names);
      text(out, name);
    }
    int namesBytes = out.position() - names;
    align(out);
    int table = out.position();
    sectionHeader(out, 0, 0, 0);
    places.forEach(
        (name, place) -> sectionHeader(out, titles.getOrDefault(name, 0), place[0], place[1]));
    sectionHeader(out, 0, names, namesBytes);
    out.putLong(40, table).putShort(58, (short) SECTION);
    out.putShort(60, (short) (places.size() + 2)).putShort(62, (short) (places.size() + 1));
  }

  private static void sectionHeader(ByteBuffer out, int name, int offset, int bytes) {
    out.putInt(name).putInt(1).putLong(0).putLong(0).putLong(offset).putLong(bytes);
    out.putLong(0).putLong(0).putLong(0);
  }

  private static void segment(ByteBuffer out, int index, int type, int offset, int bytes) {
    int at = HEADER + index * SEGMENT;
    out.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, ADDRESS + offset);
    out.putLong(at + 32, bytes).putLong(at + 40, bytes);
  }

  private static void text(ByteBuffer out, String text) {
    out.put(text.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
  }

  private static void align(ByteBuffer out) {
    out.position((out.position() + 7) / 8 * 8);
  }
}
