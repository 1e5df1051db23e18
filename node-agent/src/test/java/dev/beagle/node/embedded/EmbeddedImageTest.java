package dev.beagle.node.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EmbeddedImageTest {
  private static final EmbeddedImage IMAGE =
      new EmbeddedImage(
          Map.of(
              "arm64", "program for arm".getBytes(StandardCharsets.UTF_8),
              "amd64", "program for amd".getBytes(StandardCharsets.UTF_8)));

  private static byte[] archive() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    IMAGE.writeTo(bytes);
    return bytes.toByteArray();
  }

  private static Map<String, byte[]> files(byte[] tar) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (TarArchiveInputStream input = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry entry; (entry = input.getNextEntry()) != null; ) {
        files.put(entry.getName(), input.readAllBytes());
      }
    }
    return files;
  }

  @Test
  void theSameProgramsGiveTheSameBytes() throws IOException {
    assertThat(archive()).isEqualTo(archive());
  }

  @Test
  void everyBlobIsNamedByItsDigest() throws IOException, NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    assertThat(files(archive()))
        .allSatisfy((name, content) -> {
          if (name.startsWith("blobs/")) {
            assertThat(name)
                .isEqualTo("blobs/sha256/" + HexFormat.of().formatHex(sha256.digest(content)));
          }
        });
  }

  @Test
  void theIndexNamesTheImageAndLeadsToBothPlatforms() throws IOException {
    Map<String, byte[]> files = files(archive());
    JsonNode named = node(files, "index.json").path("manifests").path(0);

    assertThat(named.path("annotations").path("io.containerd.image.name").asString())
        .isEqualTo(EmbeddedImage.REFERENCE);
    JsonNode platforms = blob(files, named).path("manifests");
    assertThat(platforms).hasSize(2);
    for (JsonNode platform : platforms) {
      JsonNode manifest = blob(files, platform);
      JsonNode config = blob(files, manifest.path("config"));
      assertThat(config.path("architecture"))
          .isEqualTo(platform.path("platform").path("architecture"));
      assertThat(config.path("config").path("Entrypoint").path(0).asString())
          .isEqualTo("/beagle-web");
      assertThat(config.path("rootfs").path("diff_ids").path(0))
          .isEqualTo(manifest.path("layers").path(0).path("digest"));
      String architecture = config.path("architecture").asString();
      byte[] layer = files.getOrDefault(blobName(manifest.path("layers").path(0)), new byte[0]);
      assertThat(files(layer).get("beagle-web"))
          .asString()
          .isEqualTo("program for " + architecture.substring(0, 3));
    }
  }

  private static JsonNode blob(Map<String, byte[]> files, JsonNode descriptor) {
    return node(files, blobName(descriptor));
  }

  private static String blobName(JsonNode descriptor) {
    return "blobs/" + descriptor.path("digest").asString().replace(':', '/');
  }

  private static JsonNode node(Map<String, byte[]> files, String name) {
    return JsonMapper.shared().readTree(files.getOrDefault(name, new byte[0]));
  }
}
