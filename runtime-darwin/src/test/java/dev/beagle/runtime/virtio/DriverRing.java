package dev.beagle.runtime.virtio;

import dev.beagle.runtime.memory.GuestMemory;
import java.lang.foreign.Arena;
import java.util.List;

/** The driver's side of a split ring, honest or not. One test's thread. */
final class DriverRing {
  static final long RAM = 0x4000_0000L;
  static final long DATA = RAM + 0x8000;
  static final long TABLE = RAM + 0xC000;
  static final int RAM_BYTES = 0x2_0000;

  final GuestMemory memory =
      new GuestMemory(
          List.of(new GuestMemory.Region(RAM, Arena.ofAuto().allocate(RAM_BYTES, 4096))));
  final Virtqueue.Place place = new Virtqueue.Place(RAM, RAM + 0x2000, RAM + 0x4000);
  private final int size;
  private int available;

  DriverRing(int size) {
    this.size = size;
  }

  Virtqueue queue(boolean eventIndex) {
    return queue(Virtqueue.INDIRECT_DESC | (eventIndex ? Virtqueue.EVENT_IDX : 0));
  }

  Virtqueue queue(long accepted) {
    return new Virtqueue(memory, size, place, accepted);
  }

  void describe(long table, int index, long address, int length, int flags, int next) {
    long at = table + 16L * index;
    memory.setLong(at, address);
    memory.setInt(at + 8, length);
    memory.setShort(at + 12, flags);
    memory.setShort(at + 14, next);
  }

  void offer(int head) {
    memory.setShort(place.available() + 4 + 2L * (available & size - 1), head);
    jump(1);
  }

  void jump(int by) {
    available = available + by & 0xFFFF;
    memory.setShortRelease(place.available() + 2, available);
  }

  void wantInterruptAfter(int usedIndex) {
    memory.setShort(place.available() + 4 + 2L * size, usedIndex);
  }

  int usedIndex() {
    return memory.getShortAcquire(place.used() + 2);
  }

  int usedLength(int slot) {
    return memory.getInt(place.used() + 8 + 8L * slot);
  }
}
