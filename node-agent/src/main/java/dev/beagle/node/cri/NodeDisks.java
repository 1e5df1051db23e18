package dev.beagle.node.cri;

import dev.beagle.runtime.pod.ContainerId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** What images and containers take of disks, as it was measured last. Thread-safe. */
public interface NodeDisks {
  /**
   * Of the images, together with the writable layers where those are on the same file system. Empty
   * until all of it was measured once; where a new part was not yet, as it was before that part,
   * with the moment of then.
   */
  Optional<DiskUse> images();

  /**
   * Of all writable layers. Where they are on the images' file system this is the use that {@link
   * #images} says: a kubelet takes different figures for different file systems. Empty as there.
   */
  Optional<DiskUse> containers();

  /** Of the writable layers of these containers; one that was not measured yet is left out. */
  Map<ContainerId, DiskUse> writableLayers(Collection<ContainerId> ids);

  /**
   * Blocks and inodes that are allocated.
   *
   * @param folder on the file system
   * @param at when it was measured
   */
  record DiskUse(Path folder, Instant at, long usedBytes, long inodes) {}
}
