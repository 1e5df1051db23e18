package dev.beagle.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is mounted on the tests' machine, after {@code proc_pid_mountinfo(5)}. */
final class Mounts {
  private Mounts() {}

  /** Mount points, in the order in which they were mounted. */
  static List<String> points() {
    return lines().stream().map(line -> line.split(" ", -1)[4]).toList();
  }

  /** Mount point, type and source of each mount. */
  static List<String> described() {
    return lines().stream()
        .map(line -> {
          String[] own = line.split(" ", -1);
          String[] rest = line.substring(line.indexOf(" - ") + 3).split(" ", -1);
          return own[4] + " (" + rest[0] + " of " + rest[1] + ")";
        })
        .toList();
  }

  private static List<String> lines() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
