package dev.beagle.image.catalog;

import dev.beagle.image.manifest.ImageConfig;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import java.time.Instant;
import java.util.List;

/**
 * An image that is here.
 *
 * @param id the digest of its config
 * @param tags the names that now stand for it, sorted (CRI's repo_tags)
 * @param digests the contents it was pulled by, sorted (CRI's repo_digests)
 * @param sizeBytes manifest, config and compressed layers
 * @param layers lowest first
 * @param pinned whether automatic collection must leave it
 */
public record Image(
    Digest id,
    List<Reference.Tagged> tags,
    List<Reference.Digested> digests,
    long sizeBytes,
    List<ImageLayer> layers,
    ImageConfig config,
    boolean pinned,
    Instant pulledAt) {
  public Image {
    tags = List.copyOf(tags);
    digests = List.copyOf(digests);
    layers = List.copyOf(layers);
  }
}
