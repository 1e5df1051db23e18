package dev.beagle.node.cri;

import dev.beagle.cri.v1.ContainerAttributes;
import dev.beagle.cri.v1.ContainerStats;
import dev.beagle.cri.v1.ContainerStatsRequest;
import dev.beagle.cri.v1.ContainerStatsResponse;
import dev.beagle.cri.v1.CpuUsage;
import dev.beagle.cri.v1.ListContainerStatsRequest;
import dev.beagle.cri.v1.ListContainerStatsResponse;
import dev.beagle.cri.v1.MemoryUsage;
import dev.beagle.cri.v1.UInt64Value;
import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerUsage;

/** Calls about what containers use: CPU and memory of those that run. Thread-safe. */
final class StatsCalls {
  private final CriObjects objects;

  StatsCalls(CriObjects objects) {
    this.objects = objects;
  }

  ContainerStatsResponse containerStats(ContainerStatsRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    ContainerUsage usage =
        container
            .usage()
            .orElseThrow(() ->
                Failure.wrongState("container " + container.id().shortForm() + " is not running"));
    return ContainerStatsResponse.newBuilder().setStats(stats(container, usage)).build();
  }

  ListContainerStatsResponse list(ListContainerStatsRequest request) {
    ListContainerStatsResponse.Builder response = ListContainerStatsResponse.newBuilder();
    for (Container container : objects.containers()) {
      if (CriFilters.matches(request.getFilter(), container)) {
        container.usage().ifPresent(usage -> response.addStats(stats(container, usage)));
      }
    }
    return response.build();
  }

  private static ContainerStats stats(Container container, ContainerUsage usage) {
    return ContainerStats.newBuilder()
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
        .setMemory(memory(usage))
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
