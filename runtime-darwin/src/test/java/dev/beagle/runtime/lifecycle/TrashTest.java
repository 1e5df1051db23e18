package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.testing.ManualTime;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TrashTest {
  @TempDir private Path folder = Path.of("/nonexistent");

  private final ManualTime time = new ManualTime();

  private Path tree(String name) throws IOException {
    Path tree = folder.resolve("containers").resolve(name);
    Files.createDirectories(tree.resolve("upper/a/b"));
    Files.writeString(tree.resolve("upper/a/b/file"), "x");
    return tree;
  }

  private Path bin() {
    return folder.resolve("trash");
  }

  @Test
  void nobodyWaitsForADeletion() throws IOException {
    CountDownLatch never = new CountDownLatch(1);
    try (Trash trash = Trash.open(bin(), time, tree -> interruptibly(never))) {
      Path tree = tree("one");
      trash.add(tree);
      assertThat(tree).doesNotExist();
      assertThat(bin().resolve("one/upper/a/b/file")).exists();
      trash.add(tree("two"));
      trash.add(tree("three"));
      assertThat(folder.resolve("containers")).isEmptyDirectory();
    }
  }

  private static void interruptibly(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new InterruptedIOException();
    }
  }

  @Test
  void aSuccessorDeletesWhatIsLeft() throws IOException {
    try (Trash trash = Trash.open(bin(), time, tree -> interruptibly(new CountDownLatch(1)))) {
      trash.add(tree("one"));
      trash.add(tree("two"));
    }
    try (Trash successor = Trash.open(bin(), time)) {
      await().untilAsserted(() -> assertThat(bin()).isEmptyDirectory());
      successor.add(tree("three"));
      await().untilAsserted(() -> assertThat(bin()).isEmptyDirectory());
    }
  }

  @Test
  void aDeletionThatFailsIsTriedAgain() throws IOException {
    AtomicInteger attempts = new AtomicInteger();
    Trash.Deletion third =
        tree -> {
          if (attempts.incrementAndGet() < 3) {
            throw new IOException("Input/output error");
          }
          new TreeDeletion(tree).run();
        };
    try (Trash trash = Trash.open(bin(), time, third)) {
      trash.add(tree("one"));
      await()
          .untilAsserted(() -> {
            time.advance(Duration.ofSeconds(5));
            assertThat(bin()).isEmptyDirectory();
          });
    }
    assertThat(attempts).hasValue(3);
  }

  /** More of them than there are threads. */
  @Test
  void treesThatCannotBeDeletedKeepNoOthersAndAreNamed() throws IOException {
    Trash.Deletion picky =
        tree -> {
          String name = String.valueOf(tree.getFileName());
          if (name.startsWith("io")) {
            throw new IOException("Input/output error");
          }
          if (name.startsWith("defect")) {
            throw new IllegalStateException("not foreseen");
          }
          new TreeDeletion(tree).run();
        };
    try (Trash trash = Trash.open(bin(), Time.system(), picky)) {
      for (String name : List.of("io1", "io2", "io3", "defect")) {
        trash.add(tree(name));
      }
      trash.add(tree("well"));
      await().untilAsserted(() -> assertThat(bin().resolve("well")).doesNotExist());
      await().untilAsserted(() -> assertThat(trash.undeleted()).hasSize(4));
      assertThat(trash.undeleted())
          .containsEntry(bin().resolve("io2"), "Input/output error")
          .containsEntry(bin().resolve("defect"), "not foreseen");
    }
  }

  @Test
  void whatCannotBeMovedIsDeletedInPlace() throws IOException {
    Files.writeString(folder.resolve("trash"), "in the way");
    try (Trash trash = Trash.open(bin(), time)) {
      Path tree = tree("one");
      trash.add(tree);
      assertThat(tree).doesNotExist();
      trash.add(tree);
    }
    try (Trash trash =
        Trash.open(
            bin(),
            time,
            tree -> {
              throw new IOException("x".repeat(5000) + ": Input/output error");
            })) {
      Path tree = tree("two");
      assertThatThrownBy(() -> trash.add(tree))
          .isInstanceOf(Failure.class)
          .hasMessageContaining("containers/two: ...")
          .hasMessageEndingWith("Input/output error");
    }
  }
}
