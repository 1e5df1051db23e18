package dev.beagle.runtime.pod;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An image as the lower layers of a container's root. */
public interface RootFilesystem extends AutoCloseable {
  /** Lowest first. */
  List<Layer> layers();

  ImageDefaults defaults();

  /** What its programs are for, as OCI has it: {@code amd64} or {@code arm64}. */
  String architecture();

  /**
   * A file of the image, read without mounting it; symbolic links are followed inside the image.
   *
   * @param path absolute
   * @param limitBytes longer files are refused
   */
  Optional<byte[]> readFile(String path, int limitBytes);

  @Override
  void close();

  /**
   * One layer.
   *
   * @param diffId {@code sha256:...} of its uncompressed tar
   * @param image its EROFS image
   */
  record Layer(String diffId, Path image) {}

  /**
   * What an image says of its process (OCI image-spec config).
   *
   * @param stopSignal empty for none
   * @param volumes absolute paths in the container
   */
  record ImageDefaults(
      List<String> entrypoint,
      List<String> command,
      List<String> environment,
      String workingDirectory,
      String user,
      String stopSignal,
      List<String> volumes) {
    public ImageDefaults {
      entrypoint = List.copyOf(entrypoint);
      command = List.copyOf(command);
      environment = List.copyOf(environment);
      volumes = List.copyOf(volumes);
    }
  }
}
