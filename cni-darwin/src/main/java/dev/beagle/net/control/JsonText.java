package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of JSON (RFC 8259) that our own messages and state use: objects, lists, strings, whole
 * numbers, booleans; no null. Of our own because a library's classes would take longer to load than
 * the switch takes to start.
 */
final class JsonText {
  private static final int DEEPEST = 16;

  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  /**
   * Reads one object.
   *
   * @throws Failure INVALID_ARGUMENT saying where it is wrong
   */
  static JsonObject read(String text) {
    JsonText reader = new JsonText(text);
    if (!(reader.value(0) instanceof JsonObject object)) {
      throw reader.wrong("an object was expected");
    }
    reader.skipSpace();
    if (reader.at < text.length()) {
      throw reader.wrong("the end was expected");
    }
    return object;
  }

  private Failure wrong(String what) {
    return Failure.invalidArgument("not JSON at character " + at + ": " + what);
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char next() {
    skipSpace();
    if (at >= text.length()) {
      throw wrong("it ends too early");
    }
    return text.charAt(at);
  }

  private void expect(char wanted) {
    if (next() != wanted) {
      throw wrong("'" + wanted + "' was expected");
    }
    at++;
  }

  private Object value(int depth) {
    if (depth > DEEPEST) {
      throw wrong("nested too deeply");
    }
    char first = next();
    return switch (first) {
      case '{' -> object(depth);
      case '[' -> list(depth);
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      default -> number();
    };
  }

  private JsonObject object(int depth) {
    JsonObject object = new JsonObject();
    expect('{');
    if (next() == '}') {
      at++;
      return object;
    }
    while (true) {
      if (next() != '"') {
        throw wrong("a name was expected");
      }
      String name = string();
      expect(':');
      object.put(name, value(depth + 1));
      if (next() == '}') {
        at++;
        return object;
      }
      expect(',');
    }
  }

  private List<Object> list(int depth) {
    List<Object> list = new ArrayList<>();
    expect('[');
    if (next() == ']') {
      at++;
      return list;
    }
    while (true) {
      list.add(value(depth + 1));
      if (next() == ']') {
        at++;
        return list;
      }
      expect(',');
    }
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw wrong("'" + word + "' was expected");
    }
    at += word.length();
    return value;
  }

  private Long number() {
    int from = at;
    while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    try {
      return Long.valueOf(text.substring(from, at));
    } catch (NumberFormatException notWhole) {
      throw wrong("a whole number was expected");
    }
  }

  private String string() {
    StringBuilder string = new StringBuilder();
    at++;
    while (at < text.length()) {
      char next = text.charAt(at++);
      if (next == '"') {
        return string.toString();
      }
      string.append(next == '\\' ? escaped() : next);
    }
    throw wrong("a string does not end");
  }

  private char escaped() {
    char kind = at < text.length() ? text.charAt(at++) : ' ';
    return switch (kind) {
      case '"', '\\', '/' -> kind;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> hexadecimal();
      default -> throw wrong("unknown escape");
    };
  }

  private char hexadecimal() {
    if (at + 4 > text.length()) {
      throw wrong("a string does not end");
    }
    try {
      char value = (char) Integer.parseInt(text.substring(at, at + 4), 16);
      at += 4;
      return value;
    } catch (NumberFormatException wrong) {
      throw wrong("four hexadecimal digits were expected");
    }
  }

  /** Writes a value on one line. */
  static String write(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private static void write(Object value, StringBuilder out) {
    switch (value) {
      case JsonObject object -> writeMap(object.members(), out);
      case Map<?, ?> map -> writeMap(map, out);
      case List<?> list -> {
        String separator = "[";
        for (Object element : list) {
          out.append(separator);
          write(element, out);
          separator = ",";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case Number number -> out.append(number.longValue());
      case Boolean truth -> out.append(truth.booleanValue());
      default -> writeString(value.toString(), out);
    }
  }

  private static void writeMap(Map<?, ?> map, StringBuilder out) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> member : map.entrySet()) {
      out.append(separator);
      writeString(String.valueOf(member.getKey()), out);
      out.append(':');
      write(member.getValue(), out);
      separator = ",";
    }
    out.append('}');
  }

  private static void writeString(String string, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char next = string.charAt(i);
      if (next == '"' || next == '\\') {
        out.append('\\').append(next);
      } else if (next < 0x20) {
        out.append("\\u00").append(Character.forDigit(next >> 4, 16));
        out.append(Character.forDigit(next & 15, 16));
      } else {
        out.append(next);
      }
    }
    out.append('"');
  }

  /** An object whose members are asked for by name and type. */
  static final class JsonObject {
    private final Map<String, Object> members = new LinkedHashMap<>();

    JsonObject put(String name, Object value) {
      members.put(name, value);
      return this;
    }

    Map<String, Object> members() {
      return members;
    }

    boolean has(String name) {
      return members.containsKey(name);
    }

    String string(String name) {
      return require(name, String.class);
    }

    String string(String name, String absent) {
      return has(name) ? string(name) : absent;
    }

    int integer(String name, int least, int most) {
      long value = require(name, Long.class);
      if (value < least || value > most) {
        throw Failure.invalidArgument(
            "'" + name + "' is " + value + ", not from " + least + " to " + most);
      }
      return (int) value;
    }

    long number(String name) {
      return require(name, Long.class);
    }

    boolean truth(String name) {
      return require(name, Boolean.class);
    }

    JsonObject object(String name) {
      return require(name, JsonObject.class);
    }

    List<JsonObject> objects(String name) {
      return list(name, JsonObject.class);
    }

    List<String> strings(String name) {
      return list(name, String.class);
    }

    private <T> List<T> list(String name, Class<T> type) {
      List<T> list = new ArrayList<>();
      for (Object element : require(name, List.class)) {
        if (!type.isInstance(element)) {
          throw Failure.invalidArgument("'" + name + "' holds something else than was expected");
        }
        list.add(type.cast(element));
      }
      return list;
    }

    private <T> T require(String name, Class<T> type) {
      Object value = members.get(name);
      if (!type.isInstance(value)) {
        throw Failure.invalidArgument(
            "'" + name + "' is " + (value == null ? "missing" : "of the wrong type"));
      }
      return type.cast(value);
    }
  }
}
