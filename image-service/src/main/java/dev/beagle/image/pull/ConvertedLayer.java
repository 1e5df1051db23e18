package dev.beagle.image.pull;

import dev.beagle.image.reference.Digest;
import java.nio.file.Path;

/**
 * A layer that is here.
 *
 * @param diffId digest of its uncompressed tar
 * @param image its EROFS image
 * @param sizeBytes of the image
 */
public record ConvertedLayer(Digest diffId, Path image, long sizeBytes) {}
