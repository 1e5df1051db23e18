package dev.beagle.image.erofs;

import dev.beagle.failure.Failure;

/**
 * Counts what a tree takes of the heap, so that a layer of endless names ends in a clear refusal.
 */
final class HeapBudget {
  /** A leaf or a directory with its place in a hash table, measured on a 64-bit JVM. */
  static final int NODE_BYTES = 112;

  /** A small directory's table and its two own entries. */
  static final int DIRECTORY_BYTES = 160;

  private final long limit;
  private long used;
  private long nodes;

  HeapBudget(long limit) {
    this.limit = limit;
  }

  void chargeNode(int nameBytes) {
    nodes++;
    charge(NODE_BYTES + nameBytes);
  }

  void charge(long bytes) {
    used += bytes;
    if (used > limit) {
      throw Failure.exhausted(
          "layer needs more than %d MiB of memory to convert, after %d names: raise the limit or split the layer"
              .formatted(limit >> 20, nodes));
    }
  }
}
