package dev.beagle.runtime.virtio.mmio;

import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.memory.GuestViolation;
import dev.beagle.runtime.virtio.Virtqueue;
import java.util.Optional;

/** What the driver wrote of one queue. Guarded by the transport's lock. */
final class QueueRegisters {
  final int maxSize;
  private int size;
  private final int[] addresses = new int[6];
  private Optional<Virtqueue> ring = Optional.empty();

  QueueRegisters(int maxSize) {
    this.maxSize = maxSize;
  }

  void size(int size) {
    this.size = size;
  }

  /**
   * @param word 0 to 5: descriptors, available, used, the lower half of each first
   */
  void address(int word, int value) {
    addresses[word] = value;
  }

  private long address(int low) {
    return (addresses[low] & 0xFFFF_FFFFL) | ((long) addresses[low + 1] << 32);
  }

  /**
   * @throws GuestViolation when the driver's ring is none
   */
  void open(GuestMemory memory, long accepted) {
    if (Integer.compareUnsigned(size, maxSize) > 0) {
      throw new GuestViolation(
          "a ring of %s entries where %d are the most"
              .formatted(Integer.toUnsignedString(size), maxSize));
    }
    Virtqueue.Place place = new Virtqueue.Place(address(0), address(2), address(4));
    ring = Optional.of(new Virtqueue(memory, size, place, accepted));
  }

  void shut() {
    ring = Optional.empty();
  }

  Optional<Virtqueue> ring() {
    return ring;
  }
}
