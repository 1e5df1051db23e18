package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folders under {@code RUN/logs} where pods made by {@code beagle run} log, one per pod uid.
 * The CRI leaves log files to whoever asked for them, so we make and remove them.
 */
final class PodLogs {
  private static final Pattern UID = Pattern.compile("[0-9a-f-]{36}");

  private PodLogs() {}

  static Path create(Path run, String uid) {
    try {
      try {
        return Files.createDirectories(folder(run, uid));
      } catch (NoSuchFileException error) {
        // Another command has just removed the last pod's logs and the folder of all of them.
        return Files.createDirectories(folder(run, uid));
      }
    } catch (IOException error) {
      throw Failure.denied("log folder " + folder(run, uid) + " cannot be made: " + error);
    }
  }

  /** Removes a pod's logs; a pod that others made keeps its logs elsewhere, and nothing happens. */
  static void remove(Path run, String uid) {
    if (!UID.matcher(uid).matches() || !Files.isDirectory(folder(run, uid))) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder(run, uid))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
      removeIfEmpty(run.resolve("logs"));
    } catch (IOException error) {
      throw Failure.internal("logs in " + folder(run, uid) + " cannot be removed: " + error, error);
    }
  }

  private static void removeIfEmpty(Path folder) throws IOException {
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException _) {
      // Other pods log there.
    }
  }

  private static Path folder(Path run, String uid) {
    return run.resolve("logs").resolve(uid);
  }
}
