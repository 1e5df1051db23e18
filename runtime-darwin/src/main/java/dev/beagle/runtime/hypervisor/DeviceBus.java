package dev.beagle.runtime.hypervisor;

/**
 * Where accesses outside of guest RAM go. Called by the thread of the vCPU that makes the access,
 * so by several at once.
 */
public interface DeviceBus {
  /**
   * @param sizeBytes 1, 2, 4 or 8
   * @return the value, in its lower {@code sizeBytes} bytes; the rest is ignored
   */
  long read(long guestAddress, int sizeBytes);

  /**
   * @param value zero-extended from {@code sizeBytes}
   */
  void write(long guestAddress, int sizeBytes, long value);
}
