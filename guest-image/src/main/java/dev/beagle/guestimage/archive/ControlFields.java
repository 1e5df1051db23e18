package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads paragraphs of fields (deb-control(5)): "Name: value", lines that begin with a blank go on.
 * Only the fields that are asked for are kept. Confined to one thread.
 */
final class ControlFields {
  private static final int FIELD_CHARACTERS = 8 << 20;

  private final Lines lines;
  private final Set<String> wanted;

  ControlFields(InputStream in, Set<String> wanted) {
    lines = new Lines(in);
    this.wanted = wanted;
  }

  /**
   * The next paragraph, which may have none of the wanted fields; empty behind the last one.
   *
   * @throws Failure CORRUPTED
   */
  Optional<Map<String, String>> next() throws IOException {
    String line = lines.next();
    while (line != null && line.isBlank()) {
      line = lines.next();
    }
    if (line == null) {
      return Optional.empty();
    }
    Map<String, StringBuilder> fields = new LinkedHashMap<>();
    @Nullable StringBuilder current = null;
    for (; line != null && !line.isBlank(); line = lines.next()) {
      char first = line.charAt(0);
      if (first != ' ' && first != '\t') {
        current = begin(line, fields);
      } else if (current != null) {
        append(current, "\n" + line.substring(1));
      }
    }
    Map<String, String> read = new LinkedHashMap<>();
    fields.forEach((name, value) -> read.put(name, value.toString()));
    return Optional.of(read);
  }

  /** What the lines behind it go to; null when nobody wants the field. */
  private @Nullable StringBuilder begin(String line, Map<String, StringBuilder> fields) {
    int colon = line.indexOf(':');
    if (colon <= 0) {
      throw Failure.corrupted("a line is no field: " + Failure.shown(line));
    }
    String name = line.substring(0, colon);
    if (!wanted.contains(name)) {
      return null;
    }
    StringBuilder value = new StringBuilder();
    append(value, line.substring(colon + 1).strip());
    if (fields.put(name, value) != null) {
      throw Failure.corrupted("field %s is there twice".formatted(name));
    }
    return value;
  }

  private static void append(StringBuilder field, String text) {
    if (field.length() + text.length() > FIELD_CHARACTERS) {
      throw Failure.corrupted("a field has more than %d characters".formatted(FIELD_CHARACTERS));
    }
    field.append(text);
  }
}
