package dev.beagle.node.cri;

import dev.beagle.runtime.pod.ContainerId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Disks that take what a test says. Thread-safe. */
final class SimulatedDisks implements NodeDisks {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Path CONTAINERS = Path.of("/var/lib/beagle/containers");

  volatile boolean measured = true;
  private final Map<ContainerId, DiskUse> layers = new ConcurrentHashMap<>();

  void setLayer(ContainerId id, long bytes, long inodes) {
    layers.put(id, new DiskUse(CONTAINERS, AT, bytes, inodes));
  }

  @Override
  public Optional<DiskUse> images() {
    return measured
        ? Optional.of(new DiskUse(Path.of("/var/lib/beagle/images"), AT, 4_000_000, 12))
        : Optional.empty();
  }

  @Override
  public Optional<DiskUse> containers() {
    return measured ? Optional.of(new DiskUse(CONTAINERS, AT, 70_000, 5)) : Optional.empty();
  }

  @Override
  public Map<ContainerId, DiskUse> writableLayers(Collection<ContainerId> ids) {
    Map<ContainerId, DiskUse> found = new ConcurrentHashMap<>(layers);
    found.keySet().retainAll(ids);
    return found;
  }
}
