package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;

/** Who is told of what the host's storage does to a guest; on threads of the device. */
@FunctionalInterface
public interface DiskOwner {
  /**
   * The guest got an I/O error, told at most once of each kind; or its writes wait for room on the
   * host's disk (EXHAUSTED), told each time they begin to. The reason says which.
   */
  void failed(Failure error);

  /**
   * There was room again for all that waited.
   *
   * @param message which disk's writes go on
   */
  default void resumed(String message) {}
}
