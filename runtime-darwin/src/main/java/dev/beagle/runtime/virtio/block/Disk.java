package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where a disk's bytes are. Offsets and lengths are in bytes and within the disk: the caller has
 * checked them. Called by the device's worker, {@link #sync} also by another thread meanwhile.
 * Every method but the first two throws a {@link Failure} that names file and reason; what was done
 * until then stays.
 */
public interface Disk {
  long sizeBytes();

  /** Nothing but {@link #read} is called then. */
  boolean readOnly();

  /** Fills all parts; they are the guest's memory, so no copy is kept. */
  void read(List<MemorySegment> parts, long offset);

  void write(List<MemorySegment> parts, long offset);

  /** Returns once all that was written before is stable. */
  void sync();

  /** The bytes need not be kept any more; gives back as much of their room as can be. */
  void discard(long offset, long length);

  /**
   * The bytes read as zeros afterwards.
   *
   * @param mayUnmap whether their room may be given back
   */
  void zero(long offset, long length, boolean mayUnmap);
}
