package dev.beagle.node.stats;

import dev.beagle.failure.Failure;
import dev.beagle.node.cri.NodeDisks;
import dev.beagle.node.stats.FolderUsages.Measured;
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

  private NodeDiskUsage(Path images, Path containers, Time time) {
    this.images = images;
    this.containers = containers;
    this.time = time;
    this.usages = new FolderUsages(time, FolderUsage::measure);
  }

  /** Nothing is measured before somebody asks. */
  public static NodeDiskUsage open(Path images, Path containers, Time time) {
    return new NodeDiskUsage(images, containers, time);
  }

  @Override
  public DiskUse images() {
    List<Path> folders = new ArrayList<>(List.of(images));
    if (onOneFileSystem()) {
      folders.addAll(writableFolders());
    }
    return sum(images, folders);
  }

  @Override
  public DiskUse containers() {
    if (onOneFileSystem()) {
      return images();
    }
    return sum(containers, writableFolders());
  }

  @Override
  public Map<ContainerId, DiskUse> writableLayers(Collection<ContainerId> ids) {
    Map<Path, Measured> measured = usages.of(ids.stream().map(this::writableFolder).toList());
    Map<ContainerId, DiskUse> found = new HashMap<>();
    for (ContainerId id : ids) {
      Measured one = measured.get(writableFolder(id));
      if (one != null) {
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

  /** As old as the oldest part. */
  private DiskUse sum(Path folder, List<Path> parts) {
    Instant at = time.now();
    long bytes = 0;
    long inodes = 0;
    for (Measured measured : usages.of(parts).values()) {
      at = measured.at().isBefore(at) ? measured.at() : at;
      bytes += measured.usage().usedBytes();
      inodes += measured.usage().inodes();
    }
    return new DiskUse(folder, at, bytes, inodes);
  }

  private static DiskUse use(Path folder, Instant at, FolderUsage usage) {
    return new DiskUse(folder, at, usage.usedBytes(), usage.inodes());
  }

  @Override
  public void close() {
    usages.close();
  }
}
