package dev.beagle.image.manifest;

import dev.beagle.failure.Failure;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Platform;
import java.util.Map;
import java.util.Optional;

/**
 * A pointer to content with what is needed to check it (OCI image-spec, descriptor.md).
 *
 * @param size in bytes
 * @param platform only in an index
 */
public record Descriptor(
    MediaType mediaType,
    Digest digest,
    long size,
    Optional<Platform> platform,
    Map<String, String> annotations) {
  public Descriptor {
    if (size < 0) {
      throw Failure.corrupted("descriptor of " + digest + " has negative size " + size);
    }
    annotations = Map.copyOf(annotations);
  }

  public static Descriptor of(MediaType mediaType, Digest digest, long size) {
    return new Descriptor(mediaType, digest, size, Optional.empty(), Map.of());
  }
}
