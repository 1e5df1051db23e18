package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;

/**
 * A layer of an image.
 *
 * @param diffId digest of its uncompressed tar, by which its EROFS image is found
 * @param compressedBytes as the registry sent it; 0 for one of our own making, which completes the
 *     layers below it
 */
public record ImageLayer(Digest diffId, long compressedBytes) {}
