package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import dev.beagle.failure.Failure;
import java.lang.foreign.MemorySegment;

/**
 * Memory of pages of its own, as a hypervisor can map it into a guest: zeroed, private, taken from
 * the host only as far as it is touched. The segment may be used by any thread until {@link
 * #close}.
 */
public final class HostMemory implements AutoCloseable {
  /** The larger of the page sizes of the hosts: what Apple silicon maps. */
  private static final long ALIGNMENT = 16384;

  private final long reserved;
  private final long reservedBytes;
  private final MemorySegment segment;

  @SuppressWarnings("restricted") // just mapped, of that size
  private HostMemory(long reserved, long reservedBytes, long sizeBytes) {
    this.reserved = reserved;
    this.reservedBytes = reservedBytes;
    long begin = (reserved + ALIGNMENT - 1) & -ALIGNMENT;
    segment = MemorySegment.ofAddress(begin).reinterpret(sizeBytes);
  }

  /**
   * @param sizeBytes a multiple of 16 KiB
   * @throws Failure EXHAUSTED when the host does not give it
   */
  public static HostMemory reserve(long sizeBytes) {
    if (sizeBytes <= 0 || sizeBytes % ALIGNMENT != 0) {
      throw Failure.invalidArgument(sizeBytes + " bytes are no multiple of 16 KiB");
    }
    long whole = sizeBytes + ALIGNMENT;
    try {
      long address =
          MemoryAbi.mmap(
              0,
              whole,
              MemoryAbi.PROT_READ | MemoryAbi.PROT_WRITE,
              MemoryAbi.MAP_PRIVATE | MemoryAbi.MAP_ANONYMOUS | MemoryAbi.MAP_NORESERVE,
              -1,
              0);
      return new HostMemory(address, whole, sizeBytes);
    } catch (LastErrorException error) {
      throw PosixError.of("mmap", sizeBytes + " bytes", error);
    }
  }

  /** Begins at a multiple of 16 KiB. */
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    try {
      MemoryAbi.munmap(reserved, reservedBytes);
    } catch (LastErrorException error) {
      throw PosixError.of("munmap", reservedBytes + " bytes", error);
    }
  }
}
