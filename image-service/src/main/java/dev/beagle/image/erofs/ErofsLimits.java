package dev.beagle.image.erofs;

/**
 * What one conversion may use.
 *
 * @param heapBytes memory for the tree of names and attributes, as estimated by us; 256 MiB are
 *     about 1.5 million entries. Two fixed buffers and {@code inlineBytes} come on top
 * @param inlineBytes memory for the content of small files that goes into the metadata; beyond it
 *     small files take a block each
 * @param imageBytes length of the image
 */
public record ErofsLimits(long heapBytes, long inlineBytes, long imageBytes) {
  public static final ErofsLimits DEFAULT = new ErofsLimits(256L << 20, 32L << 20, 256L << 30);
}
