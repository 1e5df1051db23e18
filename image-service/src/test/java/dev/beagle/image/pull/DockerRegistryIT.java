package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.catalog.Image;
import dev.beagle.image.reference.MediaType.Compression;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.testing.DockerRegistry;
import dev.beagle.image.testing.TarBuilder;
import dev.beagle.image.testing.TestImage;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images that skopeo made, from Debian's docker-registry, as EROFS. */
@Timeout(180)
class DockerRegistryIT {
  private static final Platform AMD64 = Platform.linux("amd64");

  @TempDir Path folder;
  private final TestImage made =
      TestImage.builder()
          .layers(
              Compression.GZIP,
              new TarBuilder().directory("etc/").file("etc/motd", "hello\n").build(),
              new TarBuilder()
                  .file("big".getBytes(StandardCharsets.UTF_8), TestImage.noise(1, 3_000_000))
                  .build())
          .config("{\"Entrypoint\":[\"/init\"],\"WorkingDir\":\"/etc\"}")
          .build();
  private DockerRegistry registry;
  private Images images;

  @BeforeEach
  void start() throws IOException {
    Assumptions.assumeTrue(
        DockerRegistry.isInstalled(), "docker-registry and skopeo are not installed");
    registry = DockerRegistry.start(folder);
    made.writeLayout(folder.resolve("layout"), "made");
    images = Images.open(ImagesSettings.defaults(folder.resolve("images")), Time.system());
    images.collect();
  }

  @AfterEach
  void stop() {
    if (images != null) {
      images.close();
    }
    if (registry != null) {
      registry.close();
    }
  }

  private Image pushedAndPulled(String name, String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("copy", "--dest-tls-verify=false"));
    arguments.addAll(List.of(options));
    arguments.add("oci:" + folder.resolve("layout") + ":made");
    arguments.add("docker://" + registry.host() + "/" + name);
    DockerRegistry.skopeo(arguments, folder);
    return images.pull(
        Reference.parse(registry.host() + "/" + name), AMD64, Optional.empty(), PullProgress.NONE);
  }

  @Test
  void ociImageBecomesErofsLayers() throws Exception {
    Image image = pushedAndPulled("team/app:1");
    assertThat(image.id()).isEqualTo(made.id());
    assertThat(image.sizeBytes()).isEqualTo(made.sizeBytes());
    assertThat(image.config().entrypoint()).containsExactly("/init");
    try (ImageLease lease = images.lease(registry.host() + "/team/app:1")) {
      assertThat(lease.layers())
          .extracting(ConvertedLayer::diffId)
          .containsExactlyElementsOf(made.diffIds());
      for (ConvertedLayer layer : lease.layers()) {
        assertThat(erofsMagic(layer.image())).isEqualTo(0xe0f5e1e2L);
      }
    }
    assertThat(bytes()).isGreaterThan(3_000_000);
  }

  /** The superblock stands at 1024. */
  private static long erofsMagic(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(1024);
      byte[] magic = in.readNBytes(4);
      return (magic[0] & 0xffL)
          | (magic[1] & 0xffL) << 8
          | (magic[2] & 0xffL) << 16
          | (magic[3] & 0xffL) << 24;
    }
  }

  @Test
  void dockerSchema2AndZstdShareTheLayers() throws Exception {
    Image docker = pushedAndPulled("docker:1", "--format", "v2s2");
    Image zstd = pushedAndPulled("zstd:1", "--dest-compress-format", "zstd");
    assertThat(zstd.layers())
        .extracting(layer -> layer.diffId())
        .containsExactlyElementsOf(made.diffIds());
    assertThat(docker.layers()).hasSize(2);
    try (ImageLease one = images.lease(docker.id().toString());
        ImageLease two = images.lease(zstd.id().toString())) {
      assertThat(one.layers()).isEqualTo(two.layers());
    }
  }

  @Test
  void savedArchivesAreImported() throws Exception {
    for (String format : List.of("docker-archive", "oci-archive")) {
      Path archive = folder.resolve(format + ".tar");
      DockerRegistry.skopeo(
          List.of(
              "copy",
              "oci:" + folder.resolve("layout") + ":made",
              format + ":" + archive + ":saved.test/" + format + ":7"),
          folder);
      try (InputStream tar = Files.newInputStream(archive)) {
        List<Image> imported = images.importTar(tar, Optional.empty(), AMD64, PullProgress.NONE);
        assertThat(imported).hasSize(1);
        assertThat(imported.get(0).layers())
            .extracting(layer -> layer.diffId())
            .containsExactlyElementsOf(made.diffIds());
      }
      assertThat(images.find("saved.test/" + format + ":7")).isPresent();
    }
    assertThat(folder.resolve("images/import")).isEmptyDirectory();
  }

  @Test
  void layoutFolderIsImportedUnderAName() throws IOException {
    Reference.Tagged name = (Reference.Tagged) Reference.parse("beagle.test/demo:1");
    List<Image> imported =
        images.importFolder(folder.resolve("layout"), Optional.of(name), AMD64, PullProgress.NONE);
    assertThat(imported).extracting(Image::id).containsExactly(made.id());
    assertThat(imported.get(0).tags()).containsExactly(name);
    images.remove(made.id().toString());
    assertThat(bytes()).isZero();
  }

  private long bytes() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("images"))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
