package dev.beagle.image.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs the host's tools and the scripts beside this class, in a folder of their own. */
public final class HostCommands {
  private static final String[] SCRIPTS = {
    "tree.py", "mount_file.py", "kernel_tree.sh", "erofs_dump.py"
  };

  private final Path folder;

  public HostCommands(Path folder) throws IOException {
    this.folder = folder;
    for (String name : SCRIPTS) {
      Path script = folder.resolve(name);
      try (InputStream in =
          Objects.requireNonNull(HostCommands.class.getResourceAsStream(name), name)) {
        Files.copy(in, script);
      }
      script.toFile().setExecutable(true);
    }
  }

  /** Skips the test, by name, where a program is missing. */
  public static void assumeInstalled(String... programs) {
    for (String program : programs) {
      boolean found =
          Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin")
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
      Assumptions.assumeTrue(found, program + " is not installed");
    }
  }

  /** Skips the test where we may not mount, or the kernel cannot. */
  public void assumeMountsPossible() throws IOException {
    Assumptions.assumeTrue(
        Objects.equals(System.getProperty("user.name"), "root"), "mounting needs root");
    assumeInstalled("unshare", "mount", "python3");
    String known = Files.readString(Path.of("/proc/filesystems"));
    Assumptions.assumeTrue(known.contains("erofs"), "this kernel has no EROFS");
  }

  /** Skips the test where an image cannot be mounted from its file. */
  public void assumeFileMountsPossible() throws IOException {
    assumeMountsPossible();
    String type = Files.getFileStore(folder).type();
    Assumptions.assumeTrue(
        !type.equals("tmpfs") && !type.equals("overlay"),
        "an image on " + type + " cannot be mounted from its file");
    String[] release = System.getProperty("os.version", "0.0").split("[.-]", -1);
    int version = Integer.parseInt(release[0]) * 1000 + Integer.parseInt(release[1]);
    Assumptions.assumeTrue(version >= 6012, "mounts from a file need Linux 6.12");
  }

  public Path script(String name) {
    return folder.resolve(name);
  }

  /** Mounts images in a namespace of their own and returns the lines of tree.py. */
  public List<String> kernelTree(String how, List<Path> images)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(folder, "mounts");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("unshare", "--mount", "--propagation", "private"));
    command.addAll(List.of(script("kernel_tree.sh").toString(), work.toString(), how));
    images.forEach(image -> command.add(image.toString()));
    return run(command);
  }

  /** What {@code umoci unpack} makes of the layers, as lines of tree.py. */
  public List<String> umociTree(List<Path> layers) throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(folder, "umoci");
    Path layout = work.resolve("layout");
    run(List.of("umoci", "init", "--layout", layout.toString()));
    run(List.of("umoci", "new", "--image", layout + ":t"));
    for (Path layer : layers) {
      run(List.of("umoci", "raw", "add-layer", "--image", layout + ":t", layer.toString()));
    }
    run(List.of("umoci", "unpack", "--image", layout + ":t", work.resolve("bundle").toString()));
    Path rootfs = work.resolve("bundle/rootfs");
    List<String> tree = run(List.of("python3", script("tree.py").toString(), rootfs.toString()));
    // JUnit would warn of every absolute link in there.
    run(List.of("rm", "-rf", work.toString()));
    return tree;
  }

  /** Runs a program to its end; a non-zero exit status is an error with the program's output. */
  public List<String> run(List<String> command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", "");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        throw new AssertionError(command + " still runs after 10 minutes");
      }
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    if (process.exitValue() != 0) {
      throw new AssertionError(command + ": " + process.exitValue() + "\n" + tail(lines));
    }
    return lines;
  }

  private static String tail(List<String> lines) {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
  }
}
