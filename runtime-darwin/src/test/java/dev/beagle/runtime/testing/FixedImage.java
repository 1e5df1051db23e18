package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.RootFilesystems;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** An image store with one image made of text files; counts what is open. */
public final class FixedImage implements RootFilesystems {
  private final Map<String, String> files;
  private final RootFilesystem.ImageDefaults defaults;
  private final AtomicInteger open = new AtomicInteger();
  private volatile String architecture = "amd64";

  public FixedImage(Map<String, String> files, RootFilesystem.ImageDefaults defaults) {
    this.files = Map.copyOf(files);
    this.defaults = defaults;
  }

  /** Runs {@code /bin/sh} as root. */
  public static FixedImage shell() {
    return new FixedImage(
        Map.of("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        new RootFilesystem.ImageDefaults(
            List.of(), List.of("/bin/sh"), List.of("PATH=/bin"), "", "", "", List.of()));
  }

  /** From now on it is for another architecture. */
  public void become(String other) {
    architecture = other;
  }

  public int openCount() {
    return open.get();
  }

  @Override
  public RootFilesystem open(String imageId) {
    if (!imageId.startsWith("sha256:")) {
      throw Failure.notFound("image", imageId);
    }
    open.incrementAndGet();
    return new RootFilesystem() {
      @Override
      public List<Layer> layers() {
        return List.of(new Layer("sha256:" + "1".repeat(64), Path.of("/nowhere/1.erofs")));
      }

      @Override
      public ImageDefaults defaults() {
        return defaults;
      }

      @Override
      public String architecture() {
        return architecture;
      }

      @Override
      public Optional<byte[]> readFile(String path, int limitBytes) {
        return Optional.ofNullable(files.get(path))
            .map(text -> text.getBytes(StandardCharsets.UTF_8));
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }
}
