package dev.beagle.node.cri;

import dev.beagle.failure.Failure;

/** Checks on single fields of a request; each failure names the field by its path. */
final class Fields {
  /** The largest user or group id. */
  static final long MAX_ID = Integer.MAX_VALUE;

  private Fields() {}

  static Failure refused(String path, String why) {
    return Failure.invalidArgument(path + ": " + why);
  }

  static String required(String path, String value) {
    if (value.isEmpty()) {
      throw refused(path, "is missing");
    }
    return value;
  }

  static String absolute(String path, String value) {
    if (!value.startsWith("/")) {
      throw refused(path, "\"" + value + "\" is not an absolute path");
    }
    return value;
  }

  static String absoluteOrEmpty(String path, String value) {
    return value.isEmpty() ? value : absolute(path, value);
  }

  static long id(String path, long value) {
    return between(path, value, 0, MAX_ID);
  }

  static long between(String path, long value, long least, long most) {
    if (value < least || value > most) {
      throw refused(path, value + " is not between " + least + " and " + most);
    }
    return value;
  }

  /** A word of a configuration file's line. */
  static String word(String path, String value) {
    if (value.isEmpty() || value.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw refused(path, "\"" + value.strip() + "\" is empty or contains white space");
    }
    return value;
  }
}
