package dev.beagle.image.testing;

import com.github.luben.zstd.Zstd;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * An image made in memory: its blobs by digest and its manifest. Immutable once built.
 *
 * @param blobs config and layers, packed
 * @param diffIds lowest first
 * @param layers digests of the packed layers, lowest first
 */
@SuppressWarnings("ArrayRecordComponent") // Test data, never compared.
public record TestImage(
    byte[] manifest,
    String manifestType,
    Digest id,
    Map<Digest, byte[]> blobs,
    List<Digest> layers,
    List<Digest> diffIds) {
  public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";

  public Digest digest() {
    return Digest.of(manifest);
  }

  /** A layer as the registry sends it. */
  public byte[] layerBlob(int layer) {
    return Objects.requireNonNull(blobs.get(layers.get(layer)));
  }

  /** Writes the image as an OCI layout. */
  public void writeLayout(Path folder, String name) throws IOException {
    Path target = Files.createDirectories(folder.resolve("blobs/sha256"));
    for (Map.Entry<Digest, byte[]> blob : blobs.entrySet()) {
      Files.write(target.resolve(blob.getKey().hex()), blob.getValue());
    }
    Files.write(target.resolve(digest().hex()), manifest);
    Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    Files.writeString(
        folder.resolve("index.json"),
        """
        {"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%d,
         "annotations":{"org.opencontainers.image.ref.name":"%s"}}]}\
        """
            .formatted(manifestType, digest(), manifest.length, name));
  }

  public long sizeBytes() {
    return manifest.length + blobs.values().stream().mapToLong(blob -> blob.length).sum();
  }

  /** An OCI image for linux/amd64 of the gzip layers. */
  public static TestImage of(byte[]... tars) {
    return new Builder().layers(Compression.GZIP, tars).build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Bytes that pack badly, the same for the same seed. */
  public static byte[] noise(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** An index of the image for several platforms, {@code os/architecture} to image. */
  public static byte[] index(Map<String, TestImage> platforms) {
    String entries =
        platforms.entrySet().stream()
            .map(entry -> {
              String[] platform = entry.getKey().split("/", -1);
              return """
              {"mediaType":"%s","digest":"%s","size":%d,
               "platform":{"os":"%s","architecture":"%s"}}\
              """
                  .formatted(
                      entry.getValue().manifestType,
                      entry.getValue().digest(),
                      entry.getValue().manifest.length,
                      platform[0],
                      platform[1]);
            })
            .collect(Collectors.joining(","));
    return """
    {"schemaVersion":2,"mediaType":"%s","manifests":[%s]}\
    """
        .formatted(OCI_INDEX, entries)
        .getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] pack(Compression compression, byte[] tar) {
    return switch (compression) {
      case NONE -> tar;
      case ZSTD -> Zstd.compress(tar);
      case GZIP -> gzip(tar);
    };
  }

  public static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return out.toByteArray();
  }

  /** Builds an image, if wanted a broken one. */
  public static final class Builder {
    private final List<byte[]> tars = new ArrayList<>();
    private final List<Compression> compressions = new ArrayList<>();
    private final Map<Integer, byte[]> packed = new LinkedHashMap<>();
    private final Map<Integer, Digest> declaredDiffIds = new LinkedHashMap<>();
    private final Map<Integer, Long> declaredSizes = new LinkedHashMap<>();
    private String architecture = "amd64";
    private String config = "{}";

    public Builder layers(Compression compression, byte[]... added) {
      for (byte[] tar : added) {
        tars.add(tar);
        compressions.add(compression);
      }
      return this;
    }

    /** What the registry sends for the layer in place of the packed tar. */
    public Builder packedAs(int layer, byte[] bytes) {
      packed.put(layer, bytes);
      return this;
    }

    public Builder diffId(int layer, Digest declared) {
      declaredDiffIds.put(layer, declared);
      return this;
    }

    public Builder size(int layer, long declared) {
      declaredSizes.put(layer, declared);
      return this;
    }

    public Builder architecture(String name) {
      architecture = name;
      return this;
    }

    /** The JSON of the config's {@code config}. */
    public Builder config(String json) {
      config = json;
      return this;
    }

    public TestImage build() {
      Map<Digest, byte[]> blobs = new LinkedHashMap<>();
      List<Digest> layers = new ArrayList<>();
      List<Digest> diffIds = new ArrayList<>();
      List<String> descriptors = new ArrayList<>();
      for (int i = 0; i < tars.size(); i++) {
        byte[] blob = packed.getOrDefault(i, pack(compressions.get(i), tars.get(i)));
        Digest digest = Digest.of(blob);
        blobs.put(digest, blob);
        layers.add(digest);
        diffIds.add(declaredDiffIds.getOrDefault(i, Digest.of(tars.get(i))));
        descriptors.add(
            descriptor(
                "application/vnd.oci.image.layer.v1.tar" + suffix(compressions.get(i)),
                digest,
                declaredSizes.getOrDefault(i, (long) blob.length)));
      }
      byte[] configBlob =
          """
          {"os":"linux","architecture":"%s","config":%s,
           "rootfs":{"type":"layers","diff_ids":[%s]}}\
          """
              .formatted(
                  architecture,
                  config,
                  diffIds.stream().map(id -> "\"" + id + "\"").collect(Collectors.joining(",")))
              .getBytes(StandardCharsets.UTF_8);
      Digest id = Digest.of(configBlob);
      blobs.put(id, configBlob);
      byte[] manifest =
          """
          {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}\
          """
              .formatted(
                  OCI_MANIFEST,
                  descriptor(
                      "application/vnd.oci.image.config.v1+json", id, (long) configBlob.length),
                  String.join(",", descriptors))
              .getBytes(StandardCharsets.UTF_8);
      return new TestImage(manifest, OCI_MANIFEST, id, blobs, layers, diffIds);
    }

    private static String descriptor(String type, Digest digest, long size) {
      return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, size);
    }

    private static String suffix(Compression compression) {
      return switch (compression) {
        case NONE -> "";
        case GZIP -> "+gzip";
        case ZSTD -> "+zstd";
      };
    }
  }

  /** A copy with one byte changed. */
  public static byte[] damaged(byte[] content) {
    byte[] copy = Arrays.copyOf(content, content.length);
    copy[copy.length / 2] ^= 1;
    return copy;
  }
}
