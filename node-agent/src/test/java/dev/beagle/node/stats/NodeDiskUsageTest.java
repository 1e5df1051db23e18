package dev.beagle.node.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.cri.NodeDisks.DiskUse;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeDiskUsageTest {
  private static final ContainerId ONE = new ContainerId("1".repeat(64));
  private static final ContainerId TWO = new ContainerId("2".repeat(64));

  @TempDir Path folder;
  private final ManualTime time = new ManualTime();
  private volatile Duration patience = Duration.ofMinutes(1);

  private void container(ContainerId id, int bytes) throws IOException {
    Path upper = Files.createDirectories(folder.resolve("containers/" + id.value() + "/upper"));
    Files.write(upper.resolve("written"), new byte[bytes]);
  }

  private NodeDiskUsage open() throws IOException {
    Path images = Files.createDirectories(folder.resolve("images"));
    Files.write(images.resolve("layer"), new byte[100_000]);
    return NodeDiskUsage.open(images, folder.resolve("containers"), time);
  }

  @Test
  void writableLayersAreMeasuredEach() throws IOException {
    container(ONE, 1_000_000);
    container(TWO, 2_000_000);
    try (NodeDiskUsage disks = open()) {
      Map<ContainerId, DiskUse> layers = disks.writableLayers(List.of(ONE, TWO));
      DiskUse one = Objects.requireNonNull(layers.get(ONE));
      assertThat(one.usedBytes()).isBetween(1_000_000L, 1_100_000L);
      assertThat(one.inodes()).isEqualTo(2);
      assertThat(one.folder()).isEqualTo(folder.resolve("containers"));
      DiskUse two = Objects.requireNonNull(layers.get(TWO));
      assertThat(two.usedBytes()).isBetween(2_000_000L, 2_100_000L);
    }
  }

  @Test
  void onOneFileSystemBothListsSayTheSameWhichAKubeletTakesForOne() throws IOException {
    container(ONE, 1_000_000);
    try (NodeDiskUsage disks = open()) {
      DiskUse images = disks.images().orElseThrow();
      assertThat(images.folder()).isEqualTo(folder.resolve("images"));
      assertThat(images.usedBytes()).isBetween(1_100_000L, 1_200_000L);
      assertThat(images.inodes()).isEqualTo(4);
      assertThat(disks.containers()).contains(images);
    }
  }

  @Test
  void aSumWithoutAllItsPartsIsTheOneOfBeforeWithItsMoment() throws IOException {
    Path images = Files.createDirectories(folder.resolve("images"));
    CountDownLatch diskHangs = new CountDownLatch(1);
    Path hanging = folder.resolve("containers/" + ONE.value() + "/upper");
    FolderUsages usages =
        new FolderUsages(
            time,
            measured -> {
              if (measured.equals(hanging)) {
                await(diskHangs);
              }
              return FolderUsage.measure(measured);
            },
            () -> patience);
    try (NodeDiskUsage disks =
        new NodeDiskUsage(images, folder.resolve("containers"), time, usages)) {
      container(TWO, 1_000_000);
      DiskUse before = disks.images().orElseThrow();
      container(ONE, 1_000_000);
      time.advance(Duration.ofSeconds(5));
      patience = Duration.ZERO;
      assertThat(disks.images()).contains(before);
      patience = Duration.ofMinutes(1);
      diskHangs.countDown();
      assertThat(disks.images().orElseThrow().usedBytes())
          .isGreaterThanOrEqualTo(before.usedBytes() + 1_000_000);
    }
  }

  @Test
  void beforeTheFirstMeasurementThereIsNoSum() throws IOException {
    Path images = Files.createDirectories(folder.resolve("images"));
    CountDownLatch diskHangs = new CountDownLatch(1);
    FolderUsages usages =
        new FolderUsages(
            time,
            measured -> {
              await(diskHangs);
              return FolderUsage.measure(measured);
            },
            () -> patience);
    try (NodeDiskUsage disks =
        new NodeDiskUsage(images, folder.resolve("containers"), time, usages)) {
      patience = Duration.ZERO;
      assertThat(disks.images()).isEmpty();
      diskHangs.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aNodeWithoutContainersHasOnlyImages() throws IOException {
    try (NodeDiskUsage disks = open()) {
      assertThat(disks.images().orElseThrow().inodes()).isEqualTo(2);
      assertThat(disks.writableLayers(List.of(ONE))).isEmpty();
    }
  }
}
