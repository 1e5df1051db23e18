package dev.beagle.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The repository that this test runs in. */
final class SourceTree {
  private SourceTree() {}

  /** Maven names the module's folder; the repository is the folder above. */
  static Path repository() {
    String module = System.getProperty("basedir", System.getProperty("user.dir"));
    Path repository = Path.of(module).toAbsolutePath().getParent();
    if (repository == null || !Files.isDirectory(repository.resolve("node-agent/src/test"))) {
      throw new AssertionError(module + " is not the node-agent's folder");
    }
    return repository;
  }

  /** The test sources of every module. */
  static List<Path> tests() throws IOException {
    try (Stream<Path> modules = Files.list(repository())) {
      return modules
          .map(module -> module.resolve("src/test/java"))
          .filter(Files::isDirectory)
          .flatMap(SourceTree::javaFiles)
          .sorted()
          .toList();
    }
  }

  private static Stream<Path> javaFiles(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException error) {
      throw new AssertionError(error);
    }
  }
}
