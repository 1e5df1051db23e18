package dev.beagle.net.tcp;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of bytes that takes memory only while it holds some, and more of it while it runs full.
 * Views of its content go to gathering writes without a copy. Confined to one thread.
 */
public final class ByteRing {
  private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

  private final BufferPool pool;
  private final int maximum;
  private @Nullable ByteBuffer storage;
  private ByteBuffer input = EMPTY;
  private ByteBuffer first = EMPTY;
  private ByteBuffer second = EMPTY;
  private int head;
  private int size;
  private int preferred = 1;

  public ByteRing(BufferPool pool, int maximum) {
    this.pool = pool;
    this.maximum = maximum;
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** How many more bytes it would take, memory permitting. */
  public int free() {
    return maximum - size;
  }

  /**
   * A stretch of free space to be filled from its position; then say {@link #filled}. Empty only
   * when the ring is full.
   */
  public ByteBuffer space() {
    if (size == capacity()) {
      grow();
    }
    int capacity = capacity();
    int tail = (head + size) % Math.max(capacity, 1);
    int stretch = Math.min(Math.min(capacity - tail, capacity - size), free());
    return input.clear().position(tail).limit(tail + Math.max(stretch, 0));
  }

  /** So many bytes of the last {@link #space} were filled. */
  public void filled(int bytes) {
    size += bytes;
    if (size == 0) {
      release();
    }
  }

  /** Takes what fits of the bytes; says how many. */
  public int put(ByteBuffer bytes) {
    int before = bytes.remaining();
    while (bytes.hasRemaining()) {
      ByteBuffer space = space();
      int stretch = Math.min(space.remaining(), bytes.remaining());
      if (stretch == 0) {
        break;
      }
      int limit = bytes.limit();
      space.put(bytes.limit(bytes.position() + stretch));
      bytes.limit(limit);
      size += stretch;
    }
    return before - bytes.remaining();
  }

  /**
   * Puts one or two views of [offset, offset + length) into the array; they hold until the ring
   * changes.
   *
   * @return how many views
   */
  public int views(int offset, int length, ByteBuffer[] into, int at) {
    if (length == 0) {
      return 0;
    }
    int capacity = capacity();
    int from = (head + offset) % capacity;
    int stretch = Math.min(length, capacity - from);
    into[at] = first.clear().position(from).limit(from + stretch);
    if (stretch == length) {
      return 1;
    }
    into[at + 1] = second.clear().limit(length - stretch);
    return 2;
  }

  /** The longest stretch at the front, as a view. */
  public ByteBuffer front() {
    return first.clear().position(head).limit(Math.min(capacity(), head + size));
  }

  /** Forgets bytes at the front. */
  public void discard(int bytes) {
    size -= bytes;
    if (size == 0) {
      release();
    } else {
      head = (head + bytes) % capacity();
    }
  }

  public void clear() {
    size = 0;
    release();
  }

  private int capacity() {
    return storage == null ? 0 : storage.capacity();
  }

  private void grow() {
    ByteBuffer old = storage;
    if (old != null && old.capacity() >= maximum) {
      return;
    }
    ByteBuffer larger = pool.take(old == null ? preferred : Math.min(old.capacity() * 4, maximum));
    if (old != null && larger.capacity() <= old.capacity()) {
      pool.giveBack(larger); // The budget is spent: stay as it is.
      return;
    }
    if (old != null) {
      larger.put(old.clear().position(head)).put(old.clear().limit(head));
      pool.giveBack(old);
    }
    preferred = larger.capacity();
    use(larger);
  }

  private void use(ByteBuffer memory) {
    storage = memory;
    input = memory.duplicate();
    first = memory.duplicate();
    second = memory.duplicate();
    head = 0;
  }

  private void release() {
    ByteBuffer memory = storage;
    if (memory != null) {
      storage = null;
      input = EMPTY;
      first = EMPTY;
      second = EMPTY;
      head = 0;
      pool.giveBack(memory);
    }
  }
}
