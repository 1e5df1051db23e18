package dev.beagle.node.cri;

import dev.beagle.cri.v1.ContainerAttributes;
import dev.beagle.cri.v1.ContainerStats;
import dev.beagle.cri.v1.ContainerStatsRequest;
import dev.beagle.cri.v1.ContainerStatsResponse;
import dev.beagle.cri.v1.CpuUsage;
import dev.beagle.cri.v1.FilesystemIdentifier;
import dev.beagle.cri.v1.FilesystemUsage;
import dev.beagle.cri.v1.ListContainerStatsRequest;
import dev.beagle.cri.v1.ListContainerStatsResponse;
import dev.beagle.cri.v1.MemoryUsage;
import dev.beagle.cri.v1.UInt64Value;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.node.cri.NodeDisks.DiskUse;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ContainerUsage;
import dev.beagle.runtime.pod.SandboxId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls about what containers use: CPU, memory and disk of those that run. Thread-safe. */
final class StatsCalls {
  private static final Logger LOG = LoggerFactory.getLogger(StatsCalls.class);

  private final CriObjects objects;
  private final NodeDisks disks;

  /** Sandboxes whose silence was logged. */
  private final Set<SandboxId> silent = ConcurrentHashMap.newKeySet();

  StatsCalls(CriObjects objects, NodeDisks disks) {
    this.objects = objects;
    this.disks = disks;
  }

  ContainerStatsResponse containerStats(ContainerStatsRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    ContainerUsage usage =
        container
            .usage()
            .orElseThrow(() ->
                Failure.wrongState("container " + container.id().shortForm() + " is not running"));
    Map<ContainerId, DiskUse> layers = disks.writableLayers(List.of(container.id()));
    return ContainerStatsResponse.newBuilder().setStats(stats(container, usage, layers)).build();
  }

  ListContainerStatsResponse list(ListContainerStatsRequest request) {
    List<Container> asked =
        objects.containers().stream()
            .filter(container -> CriFilters.matches(request.getFilter(), container))
            .toList();
    // All at once: an agent that hangs must not cost the others' pods their statistics.
    List<Optional<ContainerUsage>> usages =
        Tasks.all(
            asked.stream()
                .map(container -> (Callable<Optional<ContainerUsage>>) () -> ask(container))
                .toList());
    forgetRemoved();
    Map<Container, ContainerUsage> running = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      Container container = asked.get(i);
      usages.get(i).ifPresent(usage -> running.put(container, usage));
    }
    Map<ContainerId, DiskUse> layers =
        disks.writableLayers(running.keySet().stream().map(Container::id).toList());
    ListContainerStatsResponse.Builder response = ListContainerStatsResponse.newBuilder();
    running.forEach((container, usage) -> response.addStats(stats(container, usage, layers)));
    return response.build();
  }

  /** Empty for one that does not run, and for one whose agent cannot say in time. */
  private Optional<ContainerUsage> ask(Container container) {
    try {
      Optional<ContainerUsage> usage = container.usage();
      if (usage.isPresent() && silent.remove(container.sandboxId())) {
        LOG.info("sandbox {} gives statistics again", container.sandboxId().shortForm());
      }
      return usage;
    } catch (Failure failure) {
      // Nothing is wrong where the container or its sandbox has just ended.
      boolean ended = !(container.state() instanceof ContainerState.Running);
      if (!ended && failure.kind() != FailureKind.CANCELLED && silent.add(container.sandboxId())) {
        LOG.warn(
            "sandbox {} gives no statistics and is left out of lists until it does: {}",
            container.sandboxId().shortForm(),
            failure.reason());
      }
      return Optional.empty();
    }
  }

  private void forgetRemoved() {
    if (!silent.isEmpty()) {
      Set<SandboxId> left =
          objects.containers().stream().map(Container::sandboxId).collect(Collectors.toSet());
      silent.retainAll(left);
    }
  }

  private static ContainerStats stats(
      Container container, ContainerUsage usage, Map<ContainerId, DiskUse> layers) {
    ContainerStats.Builder stats =
        ContainerStats.newBuilder()
            .setAttributes(
                ContainerAttributes.newBuilder()
                    .setId(container.id().value())
                    .setMetadata(CriTranslation.metadata(container.spec()))
                    .putAllLabels(container.spec().labels())
                    .putAllAnnotations(container.spec().annotations()))
            .setCpu(
                CpuUsage.newBuilder()
                    .setTimestamp(CriTranslation.nanos(usage.at()))
                    .setUsageCoreNanoSeconds(value(usage.cpuNanos())))
            .setMemory(memory(usage));
    DiskUse layer = layers.get(container.id());
    if (layer != null) {
      stats.setWritableLayer(disk(layer));
    }
    return stats.build();
  }

  static FilesystemUsage disk(DiskUse use) {
    return FilesystemUsage.newBuilder()
        .setTimestamp(CriTranslation.nanos(use.at()))
        .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(use.folder().toString()))
        .setUsedBytes(value(use.usedBytes()))
        .setInodesUsed(value(use.inodes()))
        .build();
  }

  private static MemoryUsage memory(ContainerUsage usage) {
    MemoryUsage.Builder memory =
        MemoryUsage.newBuilder()
            .setTimestamp(CriTranslation.nanos(usage.at()))
            .setWorkingSetBytes(value(usage.workingSetBytes()))
            .setUsageBytes(value(usage.memoryUsageBytes()))
            .setRssBytes(value(usage.rssBytes()))
            .setPageFaults(value(usage.pageFaults()))
            .setMajorPageFaults(value(usage.majorPageFaults()));
    if (usage.memoryLimitBytes() > 0) {
      memory.setAvailableBytes(
          value(Math.max(0, usage.memoryLimitBytes() - usage.workingSetBytes())));
    }
    return memory.build();
  }

  static UInt64Value value(long value) {
    return UInt64Value.newBuilder().setValue(value).build();
  }
}
