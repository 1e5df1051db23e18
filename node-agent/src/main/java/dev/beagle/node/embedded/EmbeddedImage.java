package dev.beagle.node.embedded;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A static web server of ours as an OCI image for amd64 and arm64, packed from the binaries in the
 * jar: the same binaries always give the same bytes, and so the same digests. Immutable.
 */
public final class EmbeddedImage {
  /** The name it is found by; {@code .local} is nobody's registry (RFC 6762). */
  public static final String REFERENCE = "beagle.local/web:" + Version.CURRENT;

  /** Where its server listens. */
  public static final int PORT = 80;

  private static final String PROGRAM = "beagle-web";

  /** In the image. */
  public static final String PROGRAM_PATH = "/" + PROGRAM;

  private static final List<String> ARCHITECTURES = List.of("amd64", "arm64");

  private final SortedMap<String, byte[]> programs;

  EmbeddedImage(Map<String, byte[]> programs) {
    this.programs = new TreeMap<>(programs);
  }

  /**
   * From this jar.
   *
   * @throws Failure UNSUPPORTED when this build has no such program
   */
  public static EmbeddedImage load() {
    SortedMap<String, byte[]> programs = new TreeMap<>();
    for (String architecture : ARCHITECTURES) {
      String resource = "/dev/beagle/runtime/web/" + architecture + "/" + PROGRAM;
      try (InputStream program = EmbeddedImage.class.getResourceAsStream(resource)) {
        if (program != null) {
          programs.put(architecture, program.readAllBytes());
        }
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
    if (programs.isEmpty()) {
      throw Failure.unsupported(
          "image " + REFERENCE + ": this build holds no web server (built without a C compiler)");
    }
    return new EmbeddedImage(programs);
  }

  /** Writes an OCI image layout as a tar, the image named in its index. */
  public void writeTo(OutputStream target) throws IOException {
    OciLayoutWriter layout = new OciLayoutWriter(target);
    List<OciLayoutWriter.PlatformManifest> manifests = new ArrayList<>();
    for (Map.Entry<String, byte[]> program : programs.entrySet()) {
      manifests.add(layout.image(program.getKey(), PROGRAM, program.getValue(), PORT));
    }
    layout.finish(REFERENCE, manifests);
  }
}
