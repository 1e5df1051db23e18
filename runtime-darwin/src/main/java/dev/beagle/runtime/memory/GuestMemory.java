package dev.beagle.runtime.memory;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The RAM of one machine: regions of host memory by guest-physical address, in bytes. Every access
 * is checked; numbers are little-endian, as arm64 and virtio have them. An access lies within one
 * region.
 *
 * <p>Any thread. The guest writes at the same time: whoever checks a value reads it once and uses
 * what was read. The plain accessors order nothing; rings are handed over by {@link
 * #getShortAcquire} and {@link #setShortRelease}.
 */
public final class GuestMemory {
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Modes of access beyond the plain one exist for aligned numbers only. */
  private static final VarHandle ALIGNED_U16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /**
   * Host memory that the guest sees.
   *
   * @param start guest-physical address of the first byte
   * @param memory native, shared between threads; stays alive as long as this object is used
   */
  public record Region(long start, MemorySegment memory) {
    public Region {
      if (start < 0 || start + memory.byteSize() < start) {
        throw Failure.of(
            FailureKind.INVALID_ARGUMENT,
            "guest memory of %d bytes at %#x does not fit into 63 bits of addresses"
                .formatted(memory.byteSize(), start));
      }
    }

    private boolean holds(long address, long length) {
      long size = memory.byteSize();
      return address >= start && address - start <= size && length <= size - (address - start);
    }
  }

  private final Region[] regions;

  /**
   * @param regions at least one, none overlapping another
   * @throws Failure INVALID_ARGUMENT when two overlap
   */
  public GuestMemory(List<Region> regions) {
    this.regions = regions.toArray(Region[]::new);
    for (int i = 0; i < this.regions.length; i++) {
      for (int j = 0; j < i; j++) {
        requireApart(this.regions[i], this.regions[j]);
      }
    }
  }

  private static void requireApart(Region one, Region other) {
    if (one.start < other.start + other.memory.byteSize()
        && other.start < one.start + one.memory.byteSize()) {
      throw Failure.of(
          FailureKind.INVALID_ARGUMENT,
          "guest memory at %#x overlaps that at %#x".formatted(one.start, other.start));
    }
  }

  /** Whether the whole stretch is RAM of one region. Lengths are unsigned, as guests write them. */
  public boolean contains(long address, long length) {
    return find(address, length) != null;
  }

  /**
   * A stretch of RAM as it is, for bulk copies.
   *
   * @throws GuestViolation when it is not wholly in one region
   */
  public MemorySegment slice(long address, long length) {
    Region region = region(address, length);
    return region.memory.asSlice(address - region.start, length);
  }

  public int getByte(long address) {
    Region region = region(address, 1);
    return region.memory.get(U8, address - region.start) & 0xFF;
  }

  public int getShort(long address) {
    Region region = region(address, 2);
    return region.memory.get(U16, address - region.start) & 0xFFFF;
  }

  public int getInt(long address) {
    Region region = region(address, 4);
    return region.memory.get(U32, address - region.start);
  }

  public long getLong(long address) {
    Region region = region(address, 8);
    return region.memory.get(U64, address - region.start);
  }

  public void setByte(long address, int value) {
    Region region = region(address, 1);
    region.memory.set(U8, address - region.start, (byte) value);
  }

  public void setShort(long address, int value) {
    Region region = region(address, 2);
    region.memory.set(U16, address - region.start, (short) value);
  }

  public void setInt(long address, int value) {
    Region region = region(address, 4);
    region.memory.set(U32, address - region.start, value);
  }

  public void setLong(long address, long value) {
    Region region = region(address, 8);
    region.memory.set(U64, address - region.start, value);
  }

  /**
   * Reads an index that the guest publishes with a release: what it wrote before is seen after.
   *
   * @throws GuestViolation also when the address is odd
   */
  public int getShortAcquire(long address) {
    Region region = aligned(address);
    return (short) ALIGNED_U16.getAcquire(region.memory, address - region.start) & 0xFFFF;
  }

  /**
   * Publishes an index: what was written before is seen by who reads it with an acquire.
   *
   * @throws GuestViolation also when the address is odd
   */
  public void setShortRelease(long address, int value) {
    Region region = aligned(address);
    ALIGNED_U16.setRelease(region.memory, address - region.start, (short) value);
  }

  private Region aligned(long address) {
    Region region = region(address, 2);
    if ((region.memory.address() + address - region.start & 1) != 0) {
      throw new GuestViolation("%#x: a 16-bit index at an odd address".formatted(address));
    }
    return region;
  }

  private Region region(long address, long length) {
    Region found = find(address, length);
    if (found == null) {
      throw new GuestViolation(
          "%#x, %s bytes: not within the machine's memory"
              .formatted(address, Long.toUnsignedString(length)));
    }
    return found;
  }

  private @Nullable Region find(long address, long length) {
    if (length < 0) {
      return null;
    }
    for (Region region : regions) {
      if (region.holds(address, length)) {
        return region;
      }
    }
    return null;
  }
}
