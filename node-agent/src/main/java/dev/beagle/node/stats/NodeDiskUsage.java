package dev.beagle.node.stats;

import dev.beagle.failure.Failure;
import dev.beagle.node.cri.NodeDisks;
import dev.beagle.node.stats.FolderUsages.Gone;
import dev.beagle.node.stats.FolderUsages.Known;
import dev.beagle.node.stats.FolderUsages.Measured;
import dev.beagle.node.stats.FolderUsages.Unmeasured;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The disks as the CRI sees them: the folder of the images, and that of the containers with a
 * folder {@code ID/upper} each. Thread-safe.
 */
public final class NodeDiskUsage implements NodeDisks, AutoCloseable {
  private final Path images;
  private final Path containers;
  private final Time time;
  private final FolderUsages usages;

  /** The last that had all parts. */
  private final Map<Path, DiskUse> sums = new ConcurrentHashMap<>();

  NodeDiskUsage(Path images, Path containers, Time time, FolderUsages usages) {
    this.images = images;
    this.containers = containers;
    this.time = time;
    this.usages = usages;
  }

  /** Nothing is measured before somebody asks. */
  public static NodeDiskUsage open(Path images, Path containers, Time time) {
    return new NodeDiskUsage(
        images, containers, time, new FolderUsages(time, FolderUsage::measure));
  }

  @Override
  public Optional<DiskUse> images() {
    List<Path> folders = new ArrayList<>(List.of(images));
    if (onOneFileSystem()) {
      folders.addAll(writableFolders());
    }
    return sum(images, folders);
  }

  @Override
  public Optional<DiskUse> containers() {
    if (onOneFileSystem()) {
      return images();
    }
    return sum(containers, writableFolders());
  }

  @Override
  public Map<ContainerId, DiskUse> writableLayers(Collection<ContainerId> ids) {
    Map<Path, Known> measured = usages.of(ids.stream().map(this::writableFolder).toList());
    Map<ContainerId, DiskUse> found = new HashMap<>();
    for (ContainerId id : ids) {
      if (measured.get(writableFolder(id)) instanceof Measured one) {
        found.put(id, use(containers, one.at(), one.usage()));
      }
    }
    return found;
  }

  private Path writableFolder(ContainerId id) {
    return containers.resolve(id.value()).resolve("upper");
  }

  private List<Path> writableFolders() {
    try (Stream<Path> folders = Files.list(containers)) {
      return folders.map(folder -> folder.resolve("upper")).toList();
    } catch (NoSuchFileException noneYet) {
      return List.of();
    } catch (IOException error) {
      throw Failure.internal("cannot list " + containers, error);
    }
  }

  private boolean onOneFileSystem() {
    try {
      // Made with the first container: until then there is nothing to tell apart.
      Path existing = Files.exists(containers) ? containers : images;
      return Files.getFileStore(images).equals(Files.getFileStore(existing));
    } catch (IOException error) {
      throw Failure.internal(
          "cannot tell the file systems of " + images + " and " + containers, error);
    }
  }

  /**
   * As old as the oldest part. Where a part was not measured yet, the last sum of all that there
   * was, with its moment: a sum that is too small would be taken for room.
   */
  private Optional<DiskUse> sum(Path folder, List<Path> parts) {
    Instant at = time.now();
    long bytes = 0;
    long inodes = 0;
    for (Known known : usages.of(parts).values()) {
      switch (known) {
        case Unmeasured() -> {
          return Optional.ofNullable(sums.get(folder));
        }
        case Gone() -> {
          // Takes nothing.
        }
        case Measured(Instant measured, FolderUsage usage) -> {
          at = measured.isBefore(at) ? measured : at;
          bytes += usage.usedBytes();
          inodes += usage.inodes();
        }
      }
    }
    DiskUse sum = new DiskUse(folder, at, bytes, inodes);
    sums.put(folder, sum);
    return Optional.of(sum);
  }

  private static DiskUse use(Path folder, Instant at, FolderUsage usage) {
    return new DiskUse(folder, at, usage.usedBytes(), usage.inodes());
  }

  @Override
  public void close() {
    usages.close();
  }
}
