package dev.beagle.runtime.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Stretches of memory as a stream of bytes that is taken piece by piece. One thread. */
final class Parts {
  private final List<MemorySegment> parts;
  private long remaining;
  private int index;
  private long within;

  Parts(List<MemorySegment> parts) {
    this(parts, parts.stream().mapToLong(MemorySegment::byteSize).sum());
  }

  /**
   * @param length of the stream, at most that of all parts
   */
  Parts(List<MemorySegment> parts, long length) {
    this.parts = parts;
    remaining = length;
  }

  Parts copy() {
    Parts copy = new Parts(parts, remaining);
    copy.index = index;
    copy.within = within;
    return copy;
  }

  long remaining() {
    return remaining;
  }

  /**
   * The next stretches; none once nothing remains.
   *
   * @param mostBytes in all of them together
   */
  List<MemorySegment> take(long mostBytes, int mostParts) {
    List<MemorySegment> taken = new ArrayList<>();
    long bytes = Math.min(mostBytes, remaining);
    while (bytes > 0 && taken.size() < mostParts) {
      MemorySegment part = parts.get(index);
      long length = Math.min(bytes, part.byteSize() - within);
      if (length > 0) {
        taken.add(part.asSlice(within, length));
      }
      bytes -= length;
      advance(part, length);
    }
    return taken;
  }

  private void advance(MemorySegment part, long length) {
    remaining -= length;
    within += length;
    if (within == part.byteSize()) {
      index++;
      within = 0;
    }
  }

  void skip(long bytes) {
    for (long left = bytes; left > 0; ) {
      MemorySegment part = parts.get(index);
      long length = Math.min(left, part.byteSize() - within);
      left -= length;
      advance(part, length);
    }
  }

  /** Takes the next bytes out of the memory. */
  byte[] copyOut(int length) {
    byte[] bytes = new byte[length];
    int at = 0;
    for (MemorySegment part : take(length, Integer.MAX_VALUE)) {
      MemorySegment.copy(part, 0, MemorySegment.ofArray(bytes), at, part.byteSize());
      at += (int) part.byteSize();
    }
    return bytes;
  }

  /** Puts bytes into the memory. */
  void copyIn(byte[] bytes) {
    int at = 0;
    for (MemorySegment part : take(bytes.length, Integer.MAX_VALUE)) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), at, part, 0, part.byteSize());
      at += (int) part.byteSize();
    }
  }
}
