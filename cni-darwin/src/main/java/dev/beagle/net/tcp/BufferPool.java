package dev.beagle.net.tcp;

import dev.beagle.net.flow.Quota;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Direct memory lent in blocks, to rings that hold something. Blocks are 1 MiB cut in four, and in
 * four again, down to the smallest size; four free neighbours become one block again, so that what
 * many small rings had can go to few large ones.
 *
 * <p>Two bounds hold, whatever pods do. Blocks above the smallest come out of the budget, of which
 * one holder has a quarter at most. The smallest is never refused, so that everything can go on,
 * slowly: it takes more than the budget only when every block is lent, and therefore no more than
 * {@code budget + rings * smallest} is ever allocated, rounded up to a MiB. Confined to one thread.
 */
public final class BufferPool {
  private static final int LARGEST = 1 << 20;
  private static final int PARTS = 4;

  private final long budgetBytes;
  private final Quota<Object> quota;

  /** Free blocks by size, the smallest first. */
  private final List<FreeList> free = new ArrayList<>();

  private long allocatedBytes;
  private long lentBytes;

  /** A pool whose smallest block is 4 KiB. */
  public BufferPool(long budgetBytes) {
    this(budgetBytes, 4 << 10);
  }

  /**
   * A pool with blocks from a given size on.
   *
   * @param smallest in bytes, 1 MiB divided by a power of four
   */
  public BufferPool(long budgetBytes, int smallest) {
    this.budgetBytes = budgetBytes;
    this.quota = new Quota<>(budgetBytes);
    for (int size = smallest; size <= LARGEST; size *= PARTS) {
      free.add(new FreeList(size));
    }
    if (free.isEmpty() || free.getLast().size != LARGEST) {
      throw new IllegalArgumentException(smallest + " bytes are no 4^n-th part of " + LARGEST);
    }
  }

  /** Bytes that rings hold now. */
  public long lentBytes() {
    return lentBytes;
  }

  /** Bytes that the pool ever took; it keeps them. */
  public long allocatedBytes() {
    return allocatedBytes;
  }

  /** What the holder, by its equality, may take of the pool. */
  public Share share(Object holder) {
    return new Share(holder);
  }

  /** One holder's way to the pool. */
  public final class Share {
    private final Object holder;

    private Share(Object holder) {
      this.holder = holder;
    }

    /** A block of the wanted size or, when the budget is spent, of a smaller one. */
    Block take(int wanted) {
      int first = free.size() - 1;
      while (first > 0 && free.get(first - 1).size >= wanted) {
        first--;
      }
      for (int size = first; size > 0; size--) {
        int bytes = free.get(size).size;
        if (quota.take(holder, bytes)) {
          Block block = find(size, allocatedBytes + LARGEST <= budgetBytes);
          if (block != null) {
            return lend(block);
          }
          quota.giveBack(holder, bytes);
        }
      }
      return lend(Objects.requireNonNull(find(0, true)));
    }

    void giveBack(Block block) {
      lentBytes -= block.bytes.capacity();
      if (block.size > 0) {
        quota.giveBack(holder, block.bytes.capacity());
      }
      release(block);
    }
  }

  private Block lend(Block block) {
    lentBytes += block.bytes.capacity();
    block.bytes.clear();
    return block;
  }

  /** A free block of that size, cut from a larger one, or made if that is allowed. */
  private @Nullable Block find(int size, boolean mayAllocate) {
    int from = size;
    while (from < free.size() && free.get(from).isEmpty()) {
      from++;
    }
    Block block;
    if (from < free.size()) {
      block = free.get(from).removeFirst();
    } else if (mayAllocate) {
      allocatedBytes += LARGEST;
      block = new Block(ByteBuffer.allocateDirect(LARGEST), free.size() - 1, null);
    } else {
      return null;
    }
    while (block.size > size) {
      block = cut(block);
    }
    return block;
  }

  /** Cuts a block in four, of which one is taken. */
  private Block cut(Block whole) {
    FreeList into = free.get(whole.size - 1);
    for (int part = 0; part < PARTS; part++) {
      Block piece = whole.parts[part];
      if (piece == null) {
        ByteBuffer bytes = whole.bytes.clear().slice(part * into.size, into.size);
        piece = new Block(bytes, whole.size - 1, whole);
        whole.parts[part] = piece;
      }
      into.add(piece);
    }
    return into.removeFirst();
  }

  private void release(Block block) {
    FreeList list = free.get(block.size);
    list.add(block);
    Block whole = block.whole;
    if (whole != null && whole.freeParts == PARTS) {
      for (Block piece : whole.parts) {
        list.remove(Objects.requireNonNull(piece));
      }
      release(whole);
    }
  }

  /** A stretch of memory that is lent, free, or cut in parts. */
  static final class Block {
    private final ByteBuffer bytes;
    private final int size;
    private final @Nullable Block whole;
    private final @Nullable Block[] parts = new Block[PARTS];
    private int freeParts;
    private @Nullable Block next;
    private @Nullable Block previous;

    private Block(ByteBuffer bytes, int size, @Nullable Block whole) {
      this.bytes = bytes;
      this.size = size;
      this.whole = whole;
    }

    ByteBuffer bytes() {
      return bytes;
    }
  }

  /** Free blocks of one size, linked through themselves, the latest first. */
  private static final class FreeList {
    private final int size;
    private @Nullable Block first;

    private FreeList(int size) {
      this.size = size;
    }

    boolean isEmpty() {
      return first == null;
    }

    void add(Block block) {
      Block second = first;
      block.next = second;
      if (second != null) {
        second.previous = block;
      }
      first = block;
      if (block.whole != null) {
        block.whole.freeParts++;
      }
    }

    Block removeFirst() {
      Block block = Objects.requireNonNull(first);
      remove(block);
      return block;
    }

    void remove(Block block) {
      Block before = block.previous;
      Block after = block.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after != null) {
        after.previous = before;
      }
      block.next = null;
      block.previous = null;
      if (block.whole != null) {
        block.whole.freeParts--;
      }
    }
  }
}
