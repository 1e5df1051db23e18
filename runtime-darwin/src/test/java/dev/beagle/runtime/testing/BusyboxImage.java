package dev.beagle.runtime.testing;

import dev.beagle.host.HostPlatform;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.RootFilesystems;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** An image with Debian's static busybox as its only layer, made by mkfs.erofs. */
public final class BusyboxImage implements RootFilesystems {
  private static final List<String> APPLETS =
      List.of(
          "sh", "echo", "sleep", "cat", "ls", "true", "false", "id", "ps", "mount", "dd", "yes",
          "tail", "touch");

  private final Path image;

  private final String stopSignal;

  private BusyboxImage(Path image, String stopSignal) {
    this.image = image;
    this.stopSignal = stopSignal;
  }

  /** The same image with a stop signal in its config. */
  public BusyboxImage stoppedBy(String signal) {
    return new BusyboxImage(image, signal);
  }

  /** Skips the test where a tool is missing, saying which. */
  public static BusyboxImage require(Path folder) throws IOException {
    for (String tool : List.of("/bin/busybox", "/usr/bin/mkfs.erofs", "/usr/bin/crun")) {
      Assumptions.assumeTrue(Files.isExecutable(Path.of(tool)), tool + " is not installed");
    }
    Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    Path tree = Files.createDirectories(folder.resolve("tree"));
    for (String name : List.of("bin", "proc", "sys", "dev", "etc", "tmp")) {
      Files.createDirectories(tree.resolve(name));
    }
    Files.copy(Path.of("/bin/busybox"), tree.resolve("bin/busybox"));
    tree.resolve("bin/busybox").toFile().setExecutable(true, false);
    for (String applet : APPLETS) {
      Files.createSymbolicLink(tree.resolve("bin").resolve(applet), Path.of("busybox"));
    }
    Files.writeString(tree.resolve("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
    Path image = folder.resolve("layer.erofs");
    Process mkfs =
        new ProcessBuilder("mkfs.erofs", "-Enoinline_data", image.toString(), tree.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(mkfs.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!Files.exists(image)) {
      throw new IOException("mkfs.erofs: " + output);
    }
    return new BusyboxImage(image, "");
  }

  @Override
  public RootFilesystem open(String imageId) {
    return new RootFilesystem() {
      @Override
      public List<Layer> layers() {
        return List.of(new Layer("sha256:" + "a".repeat(64), image));
      }

      @Override
      public ImageDefaults defaults() {
        return new ImageDefaults(
            List.of(), List.of("/bin/sh"), List.of(), "", "", stopSignal, List.of());
      }

      @Override
      public String architecture() {
        return HostPlatform.current().architecture();
      }

      @Override
      public Optional<byte[]> readFile(String path, int limitBytes) {
        return path.equals("/etc/passwd")
            ? Optional.of("root:x:0:0:root:/:/bin/sh\n".getBytes(StandardCharsets.UTF_8))
            : Optional.empty();
      }

      @Override
      public void close() {}
    };
  }
}
