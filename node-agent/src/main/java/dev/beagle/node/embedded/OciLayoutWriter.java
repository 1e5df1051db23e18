package dev.beagle.node.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes an OCI image layout (image-spec, image-layout.md) of single-program images as one tar.
 * Owners, times and order are fixed, so equal input gives equal bytes. Confined to one thread.
 */
final class OciLayoutWriter {
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
  private static final String EPOCH = "1970-01-01T00:00:00Z";
  private static final int PROGRAM_MODE = 0755;
  private static final int FILE_MODE = 0644;

  private final TarArchiveOutputStream tar;

  OciLayoutWriter(OutputStream target) throws IOException {
    this.tar = new TarArchiveOutputStream(target, StandardCharsets.UTF_8.name());
    put(tar, "oci-layout", FILE_MODE, json(Map.of("imageLayoutVersion", "1.0.0")));
  }

  /** The manifest of one platform. */
  record PlatformManifest(String architecture, Map<String, Object> descriptor) {}

  /** An image whose only layer holds one program, started as entry point. */
  PlatformManifest image(String architecture, String name, byte[] program, int port)
      throws IOException {
    ByteArrayOutputStream layer = new ByteArrayOutputStream();
    try (TarArchiveOutputStream files =
        new TarArchiveOutputStream(layer, StandardCharsets.UTF_8.name())) {
      put(files, name, PROGRAM_MODE, program);
    }
    Map<String, Object> layerDescriptor = blob(LAYER, layer.toByteArray());
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("created", EPOCH);
    config.put("architecture", architecture);
    config.put("os", "linux");
    config.put(
        "config",
        orderly(
            "Entrypoint", List.of("/" + name), "ExposedPorts", Map.of(port + "/tcp", Map.of())));
    config.put(
        "rootfs", orderly("type", "layers", "diff_ids", List.of(layerDescriptor.get("digest"))));
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", MANIFEST);
    manifest.put("config", blob(CONFIG, json(config)));
    manifest.put("layers", List.of(layerDescriptor));
    return new PlatformManifest(architecture, blob(MANIFEST, json(manifest)));
  }

  /** Writes the indexes and ends the tar; the target stays open. */
  void finish(String reference, List<PlatformManifest> manifests) throws IOException {
    Map<String, Object> platforms =
        index(
            manifests.stream()
                .map(manifest ->
                    with(
                        manifest.descriptor(),
                        "platform",
                        orderly("architecture", manifest.architecture(), "os", "linux")))
                .toList());
    Map<String, Object> named =
        with(
            blob(INDEX, json(platforms)),
            "annotations",
            Map.of("io.containerd.image.name", reference));
    put(tar, "index.json", FILE_MODE, json(index(List.of(named))));
    tar.finish();
    tar.flush();
  }

  private static Map<String, Object> index(List<Map<String, Object>> manifests) {
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("schemaVersion", 2);
    index.put("mediaType", INDEX);
    index.put("manifests", manifests);
    return index;
  }

  private Map<String, Object> blob(String mediaType, byte[] content) throws IOException {
    String digest = sha256(content);
    put(tar, "blobs/sha256/" + digest, FILE_MODE, content);
    Map<String, Object> descriptor = new LinkedHashMap<>();
    descriptor.put("mediaType", mediaType);
    descriptor.put("digest", "sha256:" + digest);
    descriptor.put("size", content.length);
    return descriptor;
  }

  private static Map<String, Object> with(
      Map<String, Object> descriptor, String key, Object value) {
    Map<String, Object> extended = new LinkedHashMap<>(descriptor);
    extended.put(key, value);
    return extended;
  }

  private static Map<String, Object> orderly(
      String key1, Object value1, String key2, Object value2) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(key1, value1);
    map.put(key2, value2);
    return map;
  }

  private static byte[] json(Object value) {
    return JsonMapper.shared().writeValueAsBytes(value);
  }

  private static void put(TarArchiveOutputStream tar, String name, int mode, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_NORMAL);
    entry.setSize(content.length);
    entry.setMode(mode);
    entry.setModTime(0L);
    entry.setIds(0, 0);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every JDK has it
    }
  }
}
