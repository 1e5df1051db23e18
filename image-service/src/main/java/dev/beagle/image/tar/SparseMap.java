package dev.beagle.image.tar;

import dev.beagle.failure.Failure;
import java.util.Arrays;

/**
 * Which parts of a sparse file the archive carries: regions in ascending order without overlap,
 * inside the file's real size. Immutable.
 */
public final class SparseMap {
  private final long[] offsets;
  private final long[] lengths;
  private final int count;
  private final long dataBytes;

  private SparseMap(long[] offsets, long[] lengths, int count, long dataBytes) {
    this.offsets = offsets;
    this.lengths = lengths;
    this.count = count;
    this.dataBytes = dataBytes;
  }

  /** Number of regions. */
  public int count() {
    return count;
  }

  /** Where region {@code index} starts in the file, in bytes. */
  public long offset(int index) {
    return offsets[index];
  }

  /** Length of region {@code index} in bytes, may be zero. */
  public long length(int index) {
    return lengths[index];
  }

  /** Sum of the lengths: what {@link TarReader#read} yields for the entry. */
  public long dataBytes() {
    return dataBytes;
  }

  /** Collects regions as they are found; checks them when it is asked for the map. */
  static final class Builder {
    private long[] offsets = new long[16];
    private long[] lengths = new long[16];
    private int count;

    void add(long offset, long length) {
      if (count == offsets.length) {
        offsets = Arrays.copyOf(offsets, count * 2);
        lengths = Arrays.copyOf(lengths, count * 2);
      }
      offsets[count] = offset;
      lengths[count] = length;
      count++;
    }

    SparseMap build(long realSize, String entry) {
      long end = 0;
      long data = 0;
      for (int i = 0; i < count; i++) {
        if (lengths[i] < 0 || offsets[i] < end || offsets[i] > realSize - lengths[i]) {
          throw Failure.corrupted(
              "tar entry " + entry + ": sparse region " + i + " overlaps or leaves the file");
        }
        end = offsets[i] + lengths[i];
        data += lengths[i];
      }
      return new SparseMap(offsets, lengths, count, data);
    }
  }
}
