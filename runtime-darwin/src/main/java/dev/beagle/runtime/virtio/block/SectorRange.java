package dev.beagle.runtime.virtio.block;

import java.util.List;

/**
 * Sectors that a request names, as the guest wrote them: any numbers. Immutable.
 *
 * @param flags those of struct virtio_blk_discard_write_zeroes; otherwise 0
 */
record SectorRange(long sector, long sectors, int flags) {
  /**
   * Whether they share a sector.
   *
   * @param others of a request that was found to be within its disk
   */
  boolean meets(List<SectorRange> others) {
    // Below the other's end its sum cannot overflow: nothing counts more than 32 bits of sectors.
    return sector >= 0
        && others.stream()
            .anyMatch(
                other -> sector < other.sector + other.sectors && other.sector < sector + sectors);
  }
}
