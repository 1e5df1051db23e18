package dev.beagle.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.SwitchProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An installed version with an AOT cache, by a JVM of its own. */
class InstallationIT {
  private static final List<Class<?>> NEEDED =
      List.of(Installation.class, InstallationProbe.class, SwitchProcess.class, Failure.class);

  @TempDir Path temporary;

  @Test
  void aCopyOfAVersionNamesItselfThoughItsCacheWasTrainedElsewhere()
      throws IOException, InterruptedException, URISyntaxException {
    Path original = Files.createDirectory(temporary.resolve("original"));
    Files.createDirectory(original.resolve("lib"));
    writeJar(original.resolve("lib/node-agent-1.jar"));
    run(original, "-XX:AOTCacheOutput=" + original.resolve("node.aot"));
    Files.createFile(original.resolve("switch.aot"));
    assertThat(original.resolve("node.aot")).isNotEmptyFile();

    Path copy = temporary.resolve("copy");
    move(original, copy);
    String said = run(copy, "-XX:AOTCache=" + copy.resolve("node.aot"));

    assertThat(said)
        .doesNotContain(original.toString())
        .contains("folder=Optional[" + copy + "]")
        .contains("-XX:AOTCache=" + copy.resolve("switch.aot"))
        .contains("-cp " + copy.resolve("lib/node-agent-1.jar"));
  }

  private static String run(Path version, String flag) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                flag,
                "-XX:+UseSerialGC",
                "-cp",
                version.resolve("lib/node-agent-1.jar").toString(),
                InstallationProbe.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  /**
   * A copy with the times of its files, by which the JVM knows the jar again; the original goes.
   */
  private static void move(Path from, Path to) throws IOException {
    List<Path> originals;
    try (Stream<Path> files = Files.walk(from)) {
      originals = files.toList();
    }
    for (Path file : originals) {
      Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
    }
    for (Path file : originals.reversed()) {
      Files.delete(file);
    }
  }

  /** All that is beside the needed classes, be it a folder of classes or a jar. */
  private static void writeJar(Path target) throws IOException, URISyntaxException {
    Set<String> written = new HashSet<>();
    try (OutputStream file = Files.newOutputStream(target);
        JarOutputStream jar = new JarOutputStream(file)) {
      for (Class<?> needed : NEEDED) {
        Path origin = Path.of(needed.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(origin)) {
          addClasses(origin, jar, written);
        } else {
          try (FileSystem contents = FileSystems.newFileSystem(origin)) {
            addClasses(contents.getPath("/"), jar, written);
          }
        }
      }
    }
  }

  private static void addClasses(Path root, JarOutputStream jar, Set<String> written)
      throws IOException {
    List<Path> classes;
    try (Stream<Path> files = Files.walk(root)) {
      classes = files.filter(file -> file.toString().endsWith(".class")).toList();
    }
    for (Path each : classes) {
      String name = root.relativize(each).toString();
      if (!name.equals("module-info.class") && written.add(name)) {
        jar.putNextEntry(new JarEntry(name));
        Files.copy(each, jar);
        jar.closeEntry();
      }
    }
  }
}
