package dev.beagle.image.registry;

import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;

/** What a reference stands for in a registry: an index or a manifest. */
public record ManifestAddress(Digest digest, MediaType mediaType) {}
