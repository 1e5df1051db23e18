package dev.beagle.runtime.virtio;

import java.util.List;

/**
 * What a device is, fixed from its making.
 *
 * @param name in names of threads and in messages
 * @param id of the kind of device (virtio 1.2, section 5)
 * @param features of the kind alone; those of the transport and the rings are added to them
 * @param queueSizes the greatest number of entries of each queue, powers of two up to 32768
 */
public record VirtioTraits(String name, int id, long features, List<Integer> queueSizes) {
  public VirtioTraits {
    queueSizes = List.copyOf(queueSizes);
    for (int size : queueSizes) {
      if (size < 1 || size > 32768 || Integer.bitCount(size) != 1) {
        throw new IllegalArgumentException("%s: a queue of %d entries".formatted(name, size));
      }
    }
  }
}
