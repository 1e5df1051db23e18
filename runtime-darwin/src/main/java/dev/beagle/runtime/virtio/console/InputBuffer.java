package dev.beagle.runtime.virtio.console;

import java.lang.foreign.MemorySegment;

/** A ring of bytes that waits for the guest. Any thread. */
final class InputBuffer {
  private final byte[] bytes;
  private int begin;
  private int length;

  InputBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  synchronized boolean isEmpty() {
    return length == 0;
  }

  /** Adds as many as there is room for, and says how many. */
  synchronized int add(byte[] added) {
    int count = Math.min(added.length, bytes.length - length);
    int end = (begin + length) % bytes.length;
    int first = Math.min(count, bytes.length - end);
    System.arraycopy(added, 0, bytes, end, first);
    System.arraycopy(added, first, bytes, 0, count - first);
    length += count;
    return count;
  }

  /** Moves as many as fit, the oldest first, and says how many. */
  synchronized int takeInto(MemorySegment target) {
    int count = (int) Math.min(target.byteSize(), length);
    int first = Math.min(count, bytes.length - begin);
    MemorySegment source = MemorySegment.ofArray(bytes);
    MemorySegment.copy(source, begin, target, 0, first);
    MemorySegment.copy(source, 0, target, first, count - first);
    begin = (begin + count) % bytes.length;
    length -= count;
    return count;
  }
}
