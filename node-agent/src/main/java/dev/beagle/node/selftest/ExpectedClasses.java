package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The test classes that Maven compiled and so should have run. A test JVM that dies leaves no
 * report, and Maven, told to go on after failures, then calls the build a success: only comparing
 * tells.
 */
final class ExpectedClasses {
  private ExpectedClasses() {}

  /** Names of the classes that a suite runs, of all modules. */
  static List<String> of(Path repository, Suite suite) {
    List<String> names = new ArrayList<>();
    try (Stream<Path> modules = Files.list(repository)) {
      for (Path module : modules.sorted().toList()) {
        Path classes = module.resolve("target/test-classes");
        if (suite.includes(String.valueOf(module.getFileName())) && Files.isDirectory(classes)) {
          collect(classes, suite, names);
        }
      }
    } catch (IOException error) {
      throw Failure.internal("test classes cannot be read: " + error.getMessage(), error);
    }
    return names;
  }

  private static void collect(Path classes, Suite suite, List<String> names) throws IOException {
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.sorted().toList()) {
        String name =
            classes.relativize(file).toString().replaceFirst("\\.class$", "").replace('/', '.');
        if (file.toString().endsWith(".class") && !name.contains("$") && suite.runs(name)) {
          ClassModel type = ClassFile.of().parse(file);
          if (!type.flags().has(AccessFlag.ABSTRACT)) {
            names.add(name);
          }
        }
      }
    }
  }
}
