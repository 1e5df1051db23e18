package dev.beagle.net.tcp;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Direct buffers of four sizes, lent to flows that have something in flight. Over the budget only
 * the smallest size is made anew, so that every flow can go on, slowly. Confined to one thread.
 */
public final class BufferPool {
  private static final int[] SIZES = {16 << 10, 64 << 10, 256 << 10, 1 << 20};

  private final List<ArrayDeque<ByteBuffer>> free =
      List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
  private final long budgetBytes;
  private long allocatedBytes;
  private long lentBytes;

  public BufferPool(long budgetBytes) {
    this.budgetBytes = budgetBytes;
  }

  /** Bytes that flows hold now. */
  public long lentBytes() {
    return lentBytes;
  }

  /** A cleared buffer of the wanted size or, when the budget is spent, of a smaller one. */
  ByteBuffer take(int wanted) {
    for (int size = classOf(wanted); size > 0; size--) {
      ByteBuffer pooled = free.get(size).poll();
      if (pooled != null) {
        return lend(pooled);
      }
      if (allocatedBytes + SIZES[size] <= budgetBytes) {
        return lend(allocate(size));
      }
    }
    ByteBuffer pooled = free.get(0).poll();
    return lend(pooled == null ? allocate(0) : pooled);
  }

  void giveBack(ByteBuffer buffer) {
    lentBytes -= buffer.capacity();
    free.get(classOf(buffer.capacity())).push(buffer);
  }

  private ByteBuffer lend(ByteBuffer buffer) {
    lentBytes += buffer.capacity();
    return buffer.clear();
  }

  private ByteBuffer allocate(int size) {
    allocatedBytes += SIZES[size];
    return ByteBuffer.allocateDirect(SIZES[size]);
  }

  private static int classOf(int bytes) {
    int size = 0;
    while (size < SIZES.length - 1 && SIZES[size] < bytes) {
      size++;
    }
    return size;
  }
}
