package dev.beagle.image.layer;

import java.nio.file.Path;

/**
 * A layer that is ready to be mounted.
 *
 * @param diffId digest of its uncompressed tar, {@code sha256:} and 64 hexadecimal digits
 * @param file the image, complete and synced
 * @param sizeBytes length of the image
 */
public record ErofsLayer(String diffId, Path file, long sizeBytes) {}
