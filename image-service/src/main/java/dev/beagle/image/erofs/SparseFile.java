package dev.beagle.image.erofs;

import dev.beagle.image.tar.SparseMap;
import dev.beagle.image.tar.TarReader;
import java.io.IOException;
import java.util.Arrays;

/**
 * Writes a file with holes in chunks: those that hold data one after another, as the regions come,
 * and a map with a block number per chunk.
 */
final class SparseFile {
  /** 2 MiB: kernels up to 6.12 read chunk by chunk, so small ones are slow. */
  private static final int USUAL_BITS = 9;

  private static final int MAX_BITS = 19;

  private final SparseMap map;
  private final long size;
  private final int chunkBits;
  private final long chunkBytes;

  SparseFile(SparseMap map, long size) {
    this.map = map;
    this.size = size;
    this.chunkBits = cheapest();
    this.chunkBytes = (long) ErofsFormat.BLOCK << chunkBits;
  }

  /** log2 of the blocks in a chunk, as i_u has it. */
  int chunkBits() {
    return chunkBits;
  }

  long mapEntries() {
    return chunkCount(chunkBytes);
  }

  /**
   * Small chunks make a long map, large ones store zeros around small regions: takes the size with
   * the fewest bytes in all, where the usual one is not already good enough.
   */
  private int cheapest() {
    if (cost(USUAL_BITS) <= map.dataBytes() + map.dataBytes() / 8 + (1L << 20)) {
      return USUAL_BITS;
    }
    int best = USUAL_BITS;
    for (int bits = 0; bits <= MAX_BITS; bits++) {
      if (cost(bits) < cost(best)) {
        best = bits;
      }
    }
    return best;
  }

  private long cost(int bits) {
    long chunk = (long) ErofsFormat.BLOCK << bits;
    long used = 0;
    long next = 0;
    for (int i = 0; i < map.count(); i++) {
      if (map.length(i) > 0) {
        long first = Math.max(next, map.offset(i) / chunk);
        next = (map.offset(i) + map.length(i) - 1) / chunk + 1;
        used += next - first;
      }
    }
    return used * chunk + 4 * chunkCount(chunk);
  }

  private long chunkCount(long chunk) {
    return size / chunk + (size % chunk == 0 ? 0 : 1);
  }

  /** Writes the data from a block start on; the output ends on a block boundary. */
  int[] write(TarReader data, ImageOutput out) throws IOException {
    int[] blocks = new int[(int) mapEntries()];
    Arrays.fill(blocks, ErofsFormat.NO_BLOCK);
    // The file offset that the next byte of output stands for; only inside a chunk that is begun.
    long cursor = 0;
    int open = -1;
    for (int i = 0; i < map.count(); i++) {
      long at = map.offset(i);
      long end = at + map.length(i);
      while (at < end) {
        int chunk = (int) (at / chunkBytes);
        if (chunk != open) {
          endChunk(open, cursor, out);
          blocks[chunk] = out.block();
          open = chunk;
          cursor = chunk * chunkBytes;
        }
        long stop = Math.min(end, (chunk + 1) * chunkBytes);
        out.zeros(at - cursor);
        out.copy(data, stop - at);
        at = stop;
        cursor = stop;
      }
    }
    endChunk(open, cursor, out);
    return blocks;
  }

  private void endChunk(int open, long cursor, ImageOutput out) throws IOException {
    if (open >= 0) {
      // The last chunk needs only the blocks up to the end of the file.
      out.zeros(Math.min((open + 1) * chunkBytes, size) - cursor);
      out.align(ErofsFormat.BLOCK);
    }
  }
}
