package dev.beagle.runtime.virtio;

import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.memory.GuestViolation;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The device's side of a split ring (virtio 1.2, section 2.7), with indirect descriptors. Belongs
 * to the device's worker thread. A broken ring is a {@link GuestViolation}: the device is then dead
 * until it is reset.
 */
public final class Virtqueue {
  /** Feature bits of rings (virtio 1.2, section 6). */
  public static final long INDIRECT_DESC = 1L << 28;

  public static final long EVENT_IDX = 1L << 29;

  static final int NEXT = 1;
  static final int WRITE = 2;
  static final int INDIRECT = 4;
  private static final int MAX_SIZE = 32768;

  /** Linux makes indirect tables longer than the ring; the standard's bound would refuse those. */
  static final int MAX_INDIRECT = 1024;

  private static final long MAX_CHAIN_BYTES = 1L << 32;

  /** Guest-physical addresses of the descriptor table, the available and the used ring. */
  public record Place(long descriptors, long available, long used) {}

  private final GuestMemory memory;
  private final int size;
  private final Place place;
  private final boolean indirect;
  private final boolean eventIndex;
  private int nextAvailable;
  private int nextUsed;
  private int usedAtLastDecision;
  private boolean decided;

  /**
   * @param size entries, a power of two up to 32768
   * @param accepted the driver's features
   * @throws GuestViolation when the driver's ring is no ring, or not wholly in RAM
   */
  public Virtqueue(GuestMemory memory, int size, Place place, long accepted) {
    if (size < 1 || size > MAX_SIZE || Integer.bitCount(size) != 1) {
      throw new GuestViolation("a ring of %d entries: no power of two to 32768".formatted(size));
    }
    this.memory = memory;
    this.size = size;
    this.place = place;
    indirect = (accepted & INDIRECT_DESC) != 0;
    eventIndex = (accepted & EVENT_IDX) != 0;
    requireArea(place.descriptors, 16L * size, 16);
    requireArea(place.available, 6 + 2L * size, 2);
    requireArea(place.used, 6 + 8L * size, 4);
  }

  private void requireArea(long address, long length, int alignment) {
    if (address % alignment != 0 || !memory.contains(address, length)) {
      throw new GuestViolation(
          "%#x, %d bytes of a ring: not aligned to %d or not in RAM"
              .formatted(address, length, alignment));
    }
  }

  /**
   * The next request, or none.
   *
   * @throws GuestViolation when the ring or the chain is broken
   */
  public Optional<DescriptorChain> poll() {
    int available = memory.getShortAcquire(place.available + 2);
    // Those that were taken and not given back count too, or a driver that makes the same request
    // available again and again would have us keep any number of them.
    int open = available - nextUsed & 0xFFFF;
    if (open > size || (available - nextAvailable & 0xFFFF) > open) {
      throw new GuestViolation(
          "%d requests available in a ring of %d entries".formatted(open, size));
    }
    if (available == nextAvailable) {
      return Optional.empty();
    }
    int head = memory.getShort(place.available + 4 + 2L * (nextAvailable & size - 1));
    nextAvailable = nextAvailable + 1 & 0xFFFF;
    return Optional.of(new Walk().chain(head));
  }

  /**
   * Asks the driver to tell of the next request.
   *
   * @return whether there is one already, which the driver may not tell of: then go on polling
   */
  public boolean awaitKick() {
    if (eventIndex) {
      memory.setShort(place.used + 4 + 8L * size, nextAvailable);
    }
    // The driver stores its index, then reads our event; we do the opposite. Without a full fence
    // on either side both may miss the other's store.
    VarHandle.fullFence();
    return memory.getShortAcquire(place.available + 2) != nextAvailable;
  }

  /**
   * Gives a request back, once.
   *
   * @param bytesWritten into the writable part, from its start
   */
  public void complete(DescriptorChain chain, long bytesWritten) {
    stage(chain, bytesWritten);
    publish();
  }

  /** As {@link #complete}, but the driver does not see it before {@link #publish}. */
  public void stage(DescriptorChain chain, long bytesWritten) {
    if (bytesWritten < 0 || bytesWritten > chain.writableBytes()) {
      throw new IllegalArgumentException(
          "%d bytes written into %d".formatted(bytesWritten, chain.writableBytes()));
    }
    long entry = place.used + 4 + 8L * (nextUsed & size - 1);
    memory.setInt(entry, chain.head());
    memory.setInt(entry + 4, (int) bytesWritten);
    nextUsed = nextUsed + 1 & 0xFFFF;
  }

  /** Shows the driver what was staged, all at once. */
  public void publish() {
    memory.setShortRelease(place.used + 2, nextUsed);
  }

  /** Whether the driver wants an interrupt for what was completed since the last question. */
  public boolean wantsInterrupt() {
    // Store of the used index before load of the driver's wish: see awaitKick.
    VarHandle.fullFence();
    if (!eventIndex) {
      return nextUsed != takeDecision() && (memory.getShort(place.available) & 1) == 0;
    }
    int event = memory.getShort(place.available + 4 + 2L * size);
    boolean first = !decided;
    int old = takeDecision();
    boolean passed = (nextUsed - event - 1 & 0xFFFF) < (nextUsed - old & 0xFFFF);
    return nextUsed != old && (first || passed);
  }

  private int takeDecision() {
    int old = usedAtLastDecision;
    decided |= nextUsed != old;
    usedAtLastDecision = nextUsed;
    return old;
  }

  /** Reads one chain, each descriptor once, in at most as many steps as its tables have entries. */
  private final class Walk {
    private final List<MemorySegment> readable = new ArrayList<>();
    private final List<MemorySegment> writable = new ArrayList<>();
    private long bytes;
    private boolean writing;

    DescriptorChain chain(int head) {
      table(place.descriptors, size, head, indirect);
      return new DescriptorChain(head, readable, writable);
    }

    private void table(long table, int entries, int first, boolean indirectAllowed) {
      int index = first;
      for (int steps = 0; steps < entries; steps++) {
        if (index >= entries) {
          throw new GuestViolation("descriptor %d of %d".formatted(index, entries));
        }
        long at = table + 16L * index;
        long address = memory.getLong(at);
        long length = memory.getInt(at + 8) & 0xFFFF_FFFFL;
        int flags = memory.getShort(at + 12);
        int next = memory.getShort(at + 14);
        if ((flags & INDIRECT) != 0) {
          indirect(address, length, flags, indirectAllowed);
          return;
        }
        add(address, length, (flags & WRITE) != 0);
        if ((flags & NEXT) == 0) {
          return;
        }
        index = next;
      }
      throw new GuestViolation("a chain of more than %d descriptors".formatted(entries));
    }

    private void indirect(long address, long length, int flags, boolean allowed) {
      if (!allowed || (flags & NEXT) != 0) {
        throw new GuestViolation(
            "an indirect table within another, before a descriptor, or without INDIRECT_DESC");
      }
      if (length == 0 || length % 16 != 0 || length > 16L * MAX_INDIRECT) {
        throw new GuestViolation("an indirect table of %d bytes".formatted(length));
      }
      if (!memory.contains(address, length)) {
        throw new GuestViolation("an indirect table at %#x: not in RAM".formatted(address));
      }
      table(address, (int) (length / 16), 0, false);
    }

    private void add(long address, long length, boolean write) {
      if (writing && !write) {
        throw new GuestViolation("a readable descriptor after a writable one");
      }
      writing = write;
      bytes += length;
      if (bytes > MAX_CHAIN_BYTES) {
        throw new GuestViolation("a chain of more than 2^32 bytes");
      }
      if (length > 0) {
        (write ? writable : readable).add(memory.slice(address, length));
      }
    }
  }
}
