package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;

/**
 * A layer of an image.
 *
 * @param diffId digest of its uncompressed tar, by which its EROFS image is found
 * @param compressedBytes as the registry sent it
 */
public record ImageLayer(Digest diffId, long compressedBytes) {}
