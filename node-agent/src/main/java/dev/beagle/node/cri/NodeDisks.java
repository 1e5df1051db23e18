package dev.beagle.node.cri;

import dev.beagle.runtime.pod.ContainerId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;

/** What images and containers take of disks, as it was measured last. Thread-safe. */
public interface NodeDisks {
  /** Of the images, together with the writable layers where those are on the same file system. */
  DiskUse images();

  /**
   * Of all writable layers. Where they are on the images' file system this is the use that {@link
   * #images} says: a kubelet takes different figures for different file systems.
   */
  DiskUse containers();

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
