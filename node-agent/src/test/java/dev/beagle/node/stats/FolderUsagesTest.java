package dev.beagle.node.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.node.stats.FolderUsages.Gone;
import dev.beagle.node.stats.FolderUsages.Measured;
import dev.beagle.node.stats.FolderUsages.Unmeasured;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.testing.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FolderUsagesTest {
  private static final Path A = Path.of("/a");
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = new ManualTime();
  private final Map<Path, Integer> walks = new ConcurrentHashMap<>();
  private volatile Duration walkTime = Duration.ZERO;
  private final CountDownLatch hang = new CountDownLatch(1);
  private volatile Duration patience = Duration.ofMinutes(1);
  private volatile boolean gone;
  private volatile boolean broken;
  private volatile boolean disturbed;
  private final FolderUsages usages = new FolderUsages(time, this::measure, () -> patience);

  private FolderUsage measure(Path folder) {
    if (gone) {
      throw Failure.notFound("folder", folder);
    }
    if (folder.toString().startsWith("/hang")) {
      await();
    }
    time.advance(walkTime);
    int walk = walks.merge(folder, 1, Integer::sum);
    if (broken) {
      throw new OutOfMemoryError("as a test makes it");
    }
    return disturbed ? new FolderUsage(1, 1, false) : new FolderUsage(walk * 4096L, walk, true);
  }

  private void await() {
    try {
      hang.await();
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void close() {
    usages.close();
  }

  /** What is known once all that the question starts has ended. */
  private Measured measured() {
    return assertThat(usages.of(List.of(A)).get(A))
        .asInstanceOf(InstanceOfAssertFactories.type(Measured.class))
        .actual();
  }

  private long inodes() {
    return measured().usage().inodes();
  }

  @Test
  void fiftyFoldersAreWalkedOnceHoweverOftenTheyAreAskedForInTenSeconds() {
    List<Path> folders = IntStream.range(0, 50).mapToObj(i -> Path.of("/c" + i)).toList();
    for (int i = 0; i < 9; i++) {
      assertThat(usages.of(folders)).hasSize(50);
      time.advance(SECOND);
    }
    assertThat(walks).hasSize(50);
    assertThat(walks.values()).containsOnly(1);
  }

  @Test
  void whatIsOldIsMeasuredAgainAndWaitedFor() {
    assertThat(inodes()).isEqualTo(1);
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(2);
  }

  @Test
  void whatIsMovedMeanwhileDoesNotHideWhatWasFound() {
    inodes();
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(2);
    disturbed = true;
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(2);
    disturbed = false;
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(4);
  }

  @Test
  void whatIsAlwaysMovedIsBelievedToBeLessAfterAWhile() {
    for (int i = 0; i < 9; i++) {
      inodes();
      time.advance(Duration.ofSeconds(30));
    }
    assertThat(inodes()).isEqualTo(10);
    disturbed = true;
    for (int i = 0; i < 4; i++) {
      time.advance(Duration.ofSeconds(30));
      assertThat(inodes()).isEqualTo(10);
    }
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(1);
  }

  @Test
  void aFolderIsMeasuredAgainAfterAnError() {
    assertThat(inodes()).isEqualTo(1);
    broken = true;
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(1);
    broken = false;
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(3);
  }

  @Test
  void aFirstWalkThatFailsIsNotRepeatedAtOnce() {
    broken = true;
    for (int i = 0; i < 9; i++) {
      assertThat(usages.of(List.of(A))).containsOnly(Map.entry(A, new Unmeasured()));
      time.advance(SECOND);
    }
    assertThat(walks).containsOnly(Map.entry(A, 1));
    time.advance(SECOND);
    broken = false;
    assertThat(inodes()).isEqualTo(2);
  }

  @Test
  void foldersThatHangOrAreHugeKeepOthersWaitingForASmallWhileOnly() {
    List<Path> hanging = IntStream.range(0, 5).mapToObj(i -> Path.of("/hang" + i)).toList();
    patience = Duration.ZERO;
    for (int i = 0; i < hanging.size(); i += Walkers.AT_ONCE) {
      assertThat(usages.of(hanging)).hasSize(5).containsValue(new Unmeasured());
      time.advance(Walkers.LONG);
    }
    patience = Duration.ofMinutes(1);
    assertThat(inodes()).isEqualTo(1);
    time.advance(Duration.ofSeconds(30));
    assertThat(inodes()).isEqualTo(2);
    hang.countDown();
    assertThat(usages.of(hanging).values()).allMatch(Measured.class::isInstance);
  }

  @Test
  void aMeasurementHasTheMomentOfItsStart() {
    time.advance(SECOND);
    walkTime = SECOND;
    assertThat(measured().at()).isEqualTo(time.now().minus(SECOND));
  }

  @Test
  void aSlowWalkIsRepeatedAtATenthOfTheTime() {
    walkTime = Duration.ofMinutes(1);
    inodes();
    time.advance(Duration.ofMinutes(9));
    assertThat(inodes()).isEqualTo(1);
    time.advance(Duration.ofMinutes(2));
    assertThat(inodes()).isEqualTo(2);
  }

  @Test
  void aFolderThatIsGoneHasNoFigures() {
    inodes();
    gone = true;
    time.advance(Duration.ofSeconds(30));
    assertThat(usages.of(List.of(A))).containsOnly(Map.entry(A, new Gone()));
  }
}
