package dev.beagle.node.output;

import java.time.Duration;
import java.util.Locale;

/** Sizes and times as people read them. */
public final class Units {
  private static final String[] BYTE_UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  private Units() {}

  /** Three digits or so, powers of 1000 as in registries: {@code 12.3 MB}. */
  public static String bytes(long count) {
    double value = count;
    int unit = 0;
    while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    String pattern = unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s";
    return String.format(Locale.ROOT, pattern, value, BYTE_UNITS[unit]);
  }

  /** {@code 0.84 s}, {@code 12.3 s}. */
  public static String seconds(Duration duration) {
    double seconds = duration.toNanos() / 1e9;
    return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  }

  /** How long ago, in the largest unit: {@code 42 s}, {@code 5 min}, {@code 3 h}, {@code 12 d}. */
  public static String age(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 100) {
      return seconds + " s";
    }
    if (seconds < 100 * 60) {
      return seconds / 60 + " min";
    }
    if (seconds < 48 * 3600) {
      return seconds / 3600 + " h";
    }
    return seconds / 86_400 + " d";
  }
}
