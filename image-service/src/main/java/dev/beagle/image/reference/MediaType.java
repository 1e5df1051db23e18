package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The type of a blob (OCI image-spec media-types.md, Docker image manifest v2 schema 2), without
 * parameters.
 *
 * @param value for instance {@code application/vnd.oci.image.manifest.v1+json}
 */
public record MediaType(String value) {
  // First, because the constants below are checked with it.
  private static final Pattern SYNTAX =
      Pattern.compile(
          "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}");

  public static final MediaType OCI_INDEX =
      new MediaType("application/vnd.oci.image.index.v1+json");
  public static final MediaType OCI_MANIFEST =
      new MediaType("application/vnd.oci.image.manifest.v1+json");
  public static final MediaType OCI_CONFIG =
      new MediaType("application/vnd.oci.image.config.v1+json");
  public static final MediaType OCI_LAYER = new MediaType("application/vnd.oci.image.layer.v1.tar");
  public static final MediaType DOCKER_INDEX =
      new MediaType("application/vnd.docker.distribution.manifest.list.v2+json");
  public static final MediaType DOCKER_MANIFEST =
      new MediaType("application/vnd.docker.distribution.manifest.v2+json");
  public static final MediaType DOCKER_CONFIG =
      new MediaType("application/vnd.docker.container.image.v1+json");

  private static final Set<MediaType> INDEXES = Set.of(OCI_INDEX, DOCKER_INDEX);
  private static final Set<MediaType> MANIFESTS = Set.of(OCI_MANIFEST, DOCKER_MANIFEST);
  private static final Pattern LAYER =
      Pattern.compile(
          "application/vnd\\.(?:oci\\.image\\.layer(?:\\.nondistributable)?\\.v1\\.tar"
              + "|docker\\.image\\.rootfs(?:\\.foreign)?\\.diff\\.tar)(?:[.+](gzip|zstd))?");

  public MediaType {
    if (!SYNTAX.matcher(value).matches()) {
      throw Failure.invalidArgument(
          "\"" + Reference.shorten(value) + "\" is no media type (type/subtype)");
    }
  }

  /** Reads the value of a Content-Type header: parameters are dropped. */
  public static Optional<MediaType> ofHeader(String header) {
    int semicolon = header.indexOf(';');
    String value = (semicolon < 0 ? header : header.substring(0, semicolon)).strip();
    return SYNTAX.matcher(value).matches() ? Optional.of(new MediaType(value)) : Optional.empty();
  }

  public boolean isIndex() {
    return INDEXES.contains(this);
  }

  public boolean isManifest() {
    return MANIFESTS.contains(this);
  }

  public boolean isLayer() {
    return LAYER.matcher(value).matches();
  }

  /** The compression that a layer's type promises, empty for a type that is no layer's. */
  public Optional<Compression> layerCompression() {
    var matcher = LAYER.matcher(value);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (matcher.group(1)) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          case null, default -> Compression.NONE;
        });
  }

  @Override
  public String toString() {
    return value;
  }

  /** How a layer's tar is packed. */
  public enum Compression {
    NONE,
    GZIP,
    ZSTD
  }
}
