package dev.beagle.net.tcp;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of bytes that takes memory only while it holds some, and more of it while it runs full.
 * Views of its content go to gathering writes without a copy. Confined to one thread.
 */
public final class ByteRing {
  private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

  private final BufferPool.Share memory;
  private final int maximum;
  private BufferPool.@Nullable Block storage;
  private ByteBuffer input = EMPTY;
  private ByteBuffer first = EMPTY;
  private ByteBuffer second = EMPTY;
  private int head;
  private int size;
  private int preferred = 1;
  private int peak;

  public ByteRing(BufferPool.Share memory, int maximum) {
    this.memory = memory;
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

  /** Whether so many more bytes can be put, memory included; then they can until it changes. */
  public boolean hasRoom(int bytes) {
    while (bytes <= free() && capacity() - size < bytes) {
      int before = capacity();
      grow();
      if (capacity() == before) {
        return false;
      }
    }
    return bytes <= free();
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
    peak = Math.max(peak, size);
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
    peak = Math.max(peak, size);
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
    return storage == null ? 0 : storage.bytes().capacity();
  }

  private void grow() {
    BufferPool.Block old = storage;
    int before = capacity();
    if (old != null && before >= maximum) {
      return;
    }
    BufferPool.Block larger = memory.take(old == null ? preferred : Math.min(before * 4, maximum));
    if (old != null && larger.bytes().capacity() <= before) {
      memory.giveBack(larger); // The budget is spent: stay as it is.
      return;
    }
    if (old != null) {
      larger.bytes().put(old.bytes().clear().position(head)).put(old.bytes().clear().limit(head));
      memory.giveBack(old);
    }
    preferred = larger.bytes().capacity();
    use(larger);
  }

  private void use(BufferPool.Block block) {
    storage = block;
    input = block.bytes().duplicate();
    first = block.bytes().duplicate();
    second = block.bytes().duplicate();
    head = 0;
  }

  private void release() {
    BufferPool.Block block = storage;
    if (block != null) {
      // What was little used is asked for smaller next time.
      preferred = peak <= capacity() / 8 ? capacity() / 4 : capacity();
      peak = 0;
      storage = null;
      input = EMPTY;
      first = EMPTY;
      second = EMPTY;
      head = 0;
      memory.giveBack(block);
    }
  }
}
