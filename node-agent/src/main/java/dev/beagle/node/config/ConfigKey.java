package dev.beagle.node.config;

import java.util.function.Function;

/**
 * One key of the configuration file.
 *
 * @param path dotted, as in error messages: {@code network.podCidr}
 * @param meaning one sentence for the documentation
 * @param shownDefault the default as the documentation words it
 * @param defaultValue the default on a given host
 * @param reader text to value; throws {@link BadValue} that says what is allowed
 */
record ConfigKey<T>(
    String path,
    String meaning,
    String shownDefault,
    Function<Host, T> defaultValue,
    ValueReader<T> reader) {

  /** Reads a scalar's text. */
  @FunctionalInterface
  interface ValueReader<T> {
    T read(String text) throws BadValue;
  }

  /** The text is not a value of this key; the message says what is allowed. */
  static final class BadValue extends Exception {
    private static final long serialVersionUID = 1L;
    private final String allowed;

    BadValue(String allowed) {
      super(allowed);
      this.allowed = allowed;
    }

    String allowed() {
      return allowed;
    }
  }
}
