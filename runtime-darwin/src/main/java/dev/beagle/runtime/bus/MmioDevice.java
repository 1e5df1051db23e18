package dev.beagle.runtime.bus;

/**
 * A device of memory-mapped registers. Called by the thread of the vCPU that makes the access, so
 * by several at once; while it works the vCPU stands.
 */
public interface MmioDevice {
  /**
   * @param offset from the start of the device's range, in bytes
   * @param sizeBytes 1, 2, 4 or 8; the access lies within the range
   * @return the value, in its lower {@code sizeBytes} bytes
   */
  long read(long offset, int sizeBytes);

  /**
   * @param value zero-extended from {@code sizeBytes}
   */
  void write(long offset, int sizeBytes, long value);
}
