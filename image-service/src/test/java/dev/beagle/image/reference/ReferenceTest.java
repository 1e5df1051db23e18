package dev.beagle.image.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Docker's grammar, by examples. */
class ReferenceTest {
  private static final String HEX =
      "9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf";

  @ParameterizedTest
  @CsvSource({
    "busybox, docker.io/library/busybox:latest",
    "busybox:1.29-2, docker.io/library/busybox:1.29-2",
    "docker.io/busybox, docker.io/library/busybox:latest",
    "index.docker.io/team/app, docker.io/team/app:latest",
    "team/app, docker.io/team/app:latest",
    "localhost/app, localhost/app:latest",
    "localhost:5000/app:x, localhost:5000/app:x",
    "registry.k8s.io/pause:3.9, registry.k8s.io/pause:3.9",
    "[::1]:5000/app, '[::1]:5000/app:latest'",
    "127.0.0.1:5000/a/b/c, 127.0.0.1:5000/a/b/c:latest",
    "Host/app, Host/app:latest",
    "a__b-d--e/f.g, docker.io/a__b-d--e/f.g:latest",
    "cafe, docker.io/library/cafe:latest"
  })
  void namesAreNormalised(String text, String normalised) {
    assertThat(Reference.parse(text)).hasToString(normalised);
  }

  @Test
  void digestBeatsTag() {
    assertThat(Reference.parse("busybox:1@sha256:" + HEX))
        .hasToString("docker.io/library/busybox@sha256:" + HEX);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " busybox",
        "Busybox",
        "team/App",
        "busybox:",
        "busybox:-x",
        "busybox@sha256:abc",
        "busybox@md5:" + HEX,
        "busybox:a b@sha256:" + HEX,
        "/busybox",
        "a//b",
        "a/b/",
        "_a",
        "a..b",
        "-host.com/a",
        "host-.com/a",
        "host.com:port/a",
        "host.com:123456/a",
        HEX,
        "https://host/a",
        "a\nb",
        "a@b@c"
      })
  void othersAreRefused(String text) {
    assertThatThrownBy(() -> Reference.parse(text)).isInstanceOf(Failure.class);
    assertThat(Reference.find(text)).isEmpty();
  }

  @Test
  void hugeNameIsRefusedWithoutRepeatingIt() {
    assertThatThrownBy(() -> Reference.parse("a/".repeat(100_000)))
        .isInstanceOf(Failure.class)
        .extracting(error -> String.valueOf(error.getMessage()).length())
        .satisfies(length -> assertThat(length).isLessThan(400));
  }

  @Test
  void idFormsAreReadAsIds() {
    assertThat(ImageName.parse("sha256:" + HEX).reference()).isEmpty();
    assertThat(ImageName.parse("sha256:" + HEX).idPrefix()).contains(HEX);
    assertThat(ImageName.parse("sha256:9700").idPrefix()).contains("9700");
    assertThat(ImageName.parse(HEX).reference()).isEmpty();
    assertThat(ImageName.parse("cafe").reference()).isPresent();
    assertThat(ImageName.parse("cafe").idPrefix()).contains("cafe");
    assertThat(ImageName.parse("busybox").idPrefix()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64, 100",
    "linux/x86_64, linux/amd64, 100",
    "linux/arm64, linux/arm64/v8, 100",
    "linux/aarch64, linux/arm64, 100",
    "linux/arm/v7, linux/arm/v6, 7",
    "linux/arm/v6, linux/arm/v7, 0",
    "linux/amd64/v3, linux/amd64, 1",
    "linux/amd64, linux/amd64/v3, 0",
    "linux/amd64, windows/amd64, 0",
    "linux/amd64, linux/arm64, 0"
  })
  void platformsSuitAsProcessorsDo(String wanted, String offered, int suitability) {
    assertThat(Platform.parse(wanted).suitability(Platform.parse(offered))).isEqualTo(suitability);
  }

  @Test
  void layerTypesTellTheirCompression() {
    assertThat(
            new MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip").layerCompression())
        .contains(MediaType.Compression.GZIP);
    assertThat(new MediaType("application/vnd.oci.image.layer.v1.tar+zstd").layerCompression())
        .contains(MediaType.Compression.ZSTD);
    assertThat(MediaType.OCI_LAYER.layerCompression()).contains(MediaType.Compression.NONE);
    assertThat(MediaType.OCI_CONFIG.isLayer()).isFalse();
    assertThat(MediaType.ofHeader("application/json; charset=utf-8"))
        .contains(new MediaType("application/json"));
  }
}
