package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The folder that all tests of a run make their temporary files in, so that a run that was ended in
 * the middle leaves none: tests that are killed clean up nothing.
 */
record Scratch(Path folder) implements AutoCloseable {
  private static final int NAME_ATTEMPTS = 100;

  /** Makes one; its name is short, because sockets lie below it. */
  static Scratch in(Path parent) {
    // Only root's own processes come here as others: containers that are not root in their pod.
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x"));
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      String suffix = HexFormat.of().toHexDigits((short) RandomGenerator.getDefault().nextInt());
      try {
        return new Scratch(Files.createDirectory(parent.resolve("bt-" + suffix), mode));
      } catch (FileAlreadyExistsException taken) {
        // the next name
      } catch (IOException error) {
        throw Failure.denied("no temporary folder in " + parent + ": " + error.getMessage());
      }
    }
    throw Failure.exhausted("no free name bt-NNNN in " + parent);
  }

  /** Unmounts what is mounted below it and removes it. */
  @Override
  public void close() {
    try {
      for (String point : mounts().reversed()) {
        new ProcessBuilder("umount", "--lazy", point).start().waitFor(10, TimeUnit.SECONDS);
      }
      if (!mounts().isEmpty()) {
        throw Failure.internal(
            "the tests left mounts, which cannot be unmounted: " + String.join(", ", mounts()));
      }
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | java.io.UncheckedIOException error) {
      throw Failure.internal(
          "the tests' folder " + folder + " cannot be removed: " + error.getMessage(), error);
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> mounts() throws IOException {
    Path mountinfo = Path.of("/proc/self/mountinfo");
    if (!Files.exists(mountinfo)) {
      return List.of();
    }
    return Files.readAllLines(mountinfo).stream()
        .map(line -> line.split(" ", 6)[4])
        .filter(point -> point.startsWith(folder + "/"))
        .toList();
  }
}
