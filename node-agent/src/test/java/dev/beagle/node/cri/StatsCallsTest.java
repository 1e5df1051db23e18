package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.ContainerStats;
import dev.beagle.cri.v1.ContainerStatsFilter;
import dev.beagle.cri.v1.ContainerStatsRequest;
import dev.beagle.cri.v1.FilesystemUsage;
import dev.beagle.cri.v1.ListContainerStatsRequest;
import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerId;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class StatsCallsTest {
  @AutoClose private final CriWorld world = CriWorld.open();

  @Test
  void cpuAndMemoryOfARunningContainer() {
    String id = world.runningContainer("web");

    ContainerStats stats = stats(id);

    assertThat(stats.getAttributes().getId()).isEqualTo(id);
    assertThat(stats.getAttributes().getMetadata().getName()).isEqualTo("web");
    assertThat(stats.getCpu().getTimestamp()).isPositive();
    assertThat(stats.getCpu().getUsageCoreNanoSeconds().getValue()).isEqualTo(5_000_000);
    assertThat(stats.getMemory().getTimestamp()).isPositive();
    assertThat(stats.getMemory().getUsageBytes().getValue()).isEqualTo(8192);
    assertThat(stats.getMemory().getWorkingSetBytes().getValue()).isEqualTo(4096);
    assertThat(stats.getMemory().getRssBytes().getValue()).isEqualTo(2048);
    assertThat(stats.getMemory().getPageFaults().getValue()).isEqualTo(7);
    assertThat(stats.getMemory().getMajorPageFaults().getValue()).isEqualTo(1);
    assertThat(stats.getMemory().hasAvailableBytes()).isFalse();
  }

  @Test
  void whatIsAvailableIsWhatTheLimitLeaves() {
    assertThat(available(10_000)).isEqualTo(10_000 - 4096);
    assertThat(available(1000)).isZero();
  }

  @Test
  void theWritableLayerIsShownOnceItWasMeasured() {
    String web = world.runningContainer("web");
    String db = world.runningContainer("db");
    world.disks.setLayer(new ContainerId(web), 8192, 3);

    FilesystemUsage layer = stats(web).getWritableLayer();
    assertThat(layer.getTimestamp()).isPositive();
    assertThat(layer.getFsId().getMountpoint()).isEqualTo("/var/lib/beagle/containers");
    assertThat(layer.getUsedBytes().getValue()).isEqualTo(8192);
    assertThat(layer.getInodesUsed().getValue()).isEqualTo(3);
    assertThat(stats(db).hasWritableLayer()).isFalse();
    assertThat(list(ContainerStatsFilter.getDefaultInstance()))
        .filteredOn(ContainerStats::hasWritableLayer)
        .extracting(stats -> stats.getAttributes().getId())
        .containsExactly(web);
  }

  @Test
  void onlyRunningContainersHaveStats() {
    String id = world.runningContainer("web");
    String created =
        world.createContainer(world.runSandbox("pod"), CriWorld.containerConfig("db").build());

    assertThat(list(ContainerStatsFilter.getDefaultInstance()))
        .extracting(stats -> stats.getAttributes().getId())
        .containsExactly(id);
    CriWorld.assertFails(Status.Code.FAILED_PRECONDITION, "not running", () -> stats(created));
    CriWorld.assertFails(
        Status.Code.NOT_FOUND, "container nowhere not found", () -> stats("nowhere"));
  }

  @Test
  void listsAreFiltered() {
    String web = world.runningContainer("web");
    world.runningContainer("db");
    String sandbox = world.pods.container(web).sandboxId().value();

    assertThat(list(ContainerStatsFilter.newBuilder().setPodSandboxId(sandbox).build()))
        .extracting(stats -> stats.getAttributes().getId())
        .containsExactly(web);
    assertThat(list(ContainerStatsFilter.newBuilder().putLabelSelector("app", "x").build()))
        .isEmpty();
  }

  /** Each of two answers only when the other is asked as well: one after another would hang. */
  @Test
  @Timeout(30)
  void aSandboxThatDoesNotAnswerCostsTheOthersNothing() {
    String web = world.runningContainer("web");
    String db = world.runningContainer("db");
    String hung = world.runningContainer("hung");
    CountDownLatch bothAsked = new CountDownLatch(2);
    for (String id : List.of(web, db)) {
      world
          .pods
          .container(id)
          .onUsage(() -> {
            bothAsked.countDown();
            awaitOrFail(bothAsked);
          });
    }
    world
        .pods
        .container(hung)
        .onUsage(() -> {
          throw Failure.timedOut("guest agent of x did not answer USAGE in PT2S");
        });

    for (int round = 0; round < 2; round++) {
      assertThat(list(ContainerStatsFilter.getDefaultInstance()))
          .extracting(stats -> stats.getAttributes().getId())
          .containsExactlyInAnyOrder(web, db);
    }
    CriWorld.assertFails(Status.Code.DEADLINE_EXCEEDED, "did not answer USAGE", () -> stats(hung));

    world.pods.container(hung).onUsage(() -> {});
    assertThat(list(ContainerStatsFilter.getDefaultInstance())).hasSize(3);
  }

  private static void awaitOrFail(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted");
    }
  }

  private long available(long limit) {
    ContainerConfig.Builder config = CriWorld.containerConfig("limit-" + limit);
    config.getLinuxBuilder().getResourcesBuilder().setMemoryLimitInBytes(limit);
    String id = world.createContainer(world.runSandbox("pod"), config.build());
    world.start(id);
    return stats(id).getMemory().getAvailableBytes().getValue();
  }

  private ContainerStats stats(String id) {
    return world
        .runtime
        .containerStats(ContainerStatsRequest.newBuilder().setContainerId(id).build())
        .getStats();
  }

  private List<ContainerStats> list(ContainerStatsFilter filter) {
    return world
        .runtime
        .listContainerStats(ListContainerStatsRequest.newBuilder().setFilter(filter).build())
        .getStatsList();
  }
}
