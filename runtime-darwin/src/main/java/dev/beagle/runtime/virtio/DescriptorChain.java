package dev.beagle.runtime.virtio;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A request of the driver: the parts that the device reads, then those that it writes, each a
 * checked stretch of guest RAM that is not empty. The guest may change the bytes at any time.
 *
 * @param head the descriptor that the driver made available, given back by {@link
 *     Virtqueue#complete}
 */
public record DescriptorChain(
    int head, List<MemorySegment> readable, List<MemorySegment> writable) {
  public DescriptorChain {
    readable = List.copyOf(readable);
    writable = List.copyOf(writable);
  }

  public long readableBytes() {
    return readable.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  public long writableBytes() {
    return writable.stream().mapToLong(MemorySegment::byteSize).sum();
  }
}
