package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "allocated blocks are asked of Linux only")
class FolderUsageTest {
  @TempDir Path folder;

  @Test
  void agreesWithDu() throws Exception {
    Files.createDirectories(folder.resolve("a/b/c"));
    Files.createDirectories(folder.resolve("empty"));
    for (int i = 0; i < 300; i++) {
      Files.writeString(folder.resolve("a/b/file-" + i), "x".repeat(i * 100));
    }
    Files.createLink(folder.resolve("a/again"), folder.resolve("a/b/file-299"));
    Files.createSymbolicLink(folder.resolve("a/link"), Path.of("b"));
    // What was changed a moment ago may have been changed while it was walked.
    FolderUsage usage = await().until(() -> FolderUsage.measure(folder), FolderUsage::complete);
    assertThat(usage.usedBytes()).isEqualTo(du("--block-size=1"));
    assertThat(usage.inodes()).isEqualTo(du("--inodes")).isEqualTo(306);
  }

  private long du(String unit) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("du", "-s", "-x", unit, folder.toString()).start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return Long.parseLong(answer.split("\t", -1)[0]);
  }

  @Test
  void whatIsBesideAFolderThatWasMovedIsStillCounted() throws IOException {
    Files.createDirectories(folder.resolve("one/two/three"));
    Files.createDirectories(folder.resolve("other/four"));
    Files.createDirectories(folder.resolve("aside"));
    AtomicBoolean moved = new AtomicBoolean();
    Runnable once =
        () -> {
          if (moved.compareAndSet(false, true)) {
            try {
              Files.move(folder.resolve("one/two"), folder.resolve("aside/two"));
              Files.move(folder.resolve("other/four"), folder.resolve("four"));
            } catch (IOException error) {
              throw new UncheckedIOException(error);
            }
          }
        };
    try (TreeWalk walk = new TreeWalk(1000, once)) {
      FolderUsage usage = walk.measure(folder);
      assertThat(usage.inodes()).isGreaterThanOrEqualTo(6);
      assertThat(usage.complete()).isFalse();
    }
    assertThat(moved).isTrue();
    assertThat(FolderUsage.measure(folder).inodes()).isEqualTo(7);
  }

  /** As a container does that knows how far the walk is. */
  @Test
  void aFileThatIsMovedToWhereTheWalkHasBeenMakesItDoubtful() throws IOException {
    for (String name : List.of("a", "b", "c")) {
      Files.writeString(
          Files.createDirectory(folder.resolve(name)).resolve("file"), "x".repeat(100_000));
    }
    await().until(() -> FolderUsage.measure(folder), FolderUsage::complete);
    AtomicBoolean moved = new AtomicBoolean();
    Runnable behindTheWalk =
        () -> {
          if (moved.compareAndSet(false, true)) {
            try {
              // Which one the walk has been to follows from the order of the listing: both ways.
              for (String name : List.of("a", "b", "c")) {
                Files.move(folder.resolve(name + "/file"), folder.resolve("file-of-" + name));
              }
            } catch (IOException error) {
              throw new UncheckedIOException(error);
            }
          }
        };
    try (TreeWalk walk = new TreeWalk(1000, behindTheWalk)) {
      FolderUsage usage = walk.measure(folder);
      assertThat(usage.inodes()).as("one was counted before it was moved").isEqualTo(5);
      assertThat(usage.complete()).isFalse();
    }
  }

  @Test
  void aFolderIsWalkedWithoutATraceInIt() throws IOException {
    Path inside = Files.createDirectory(folder.resolve("inside"));
    FileTime before = FileTime.from(Instant.parse("2001-01-01T00:00:00Z"));
    Files.setAttribute(inside, "lastAccessTime", before);
    FolderUsage.measure(folder);
    assertThat(Files.getAttribute(inside, "lastAccessTime")).isEqualTo(before);
  }

  @Test
  void howDeepItIsCountsAsMemory() throws IOException {
    Path deepest = folder;
    for (int i = 0; i < 20; i++) {
      deepest = Files.createDirectory(deepest.resolve("d"));
    }
    try (TreeWalk walk = new TreeWalk(10, () -> {})) {
      FolderUsage usage = walk.measure(folder);
      assertThat(usage.inodes()).isEqualTo(1 + 10 + 1);
      assertThat(usage.complete()).isFalse();
    }
  }

  @Test
  void whatIsTooMuchToRememberIsCountedAndNotEntered() throws IOException {
    for (int i = 0; i < 20; i++) {
      Files.createDirectories(folder.resolve("d" + i + "/inside"));
    }
    try (TreeWalk walk = new TreeWalk(10, () -> {})) {
      FolderUsage usage = walk.measure(folder);
      assertThat(usage.inodes()).isEqualTo(1 + 20 + 10);
      assertThat(usage.complete()).isFalse();
    }
  }

  @Test
  void holesTakeNothing() throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse").toFile(), "rw")) {
      sparse.setLength(1L << 40);
      sparse.seek(1L << 39);
      sparse.write(1);
    }
    assertThat(FolderUsage.measure(folder).usedBytes()).isBetween(1L, 1L << 20);
  }

  @Test
  void treesDeeperThanTheLongestPathAreCountedWhole() throws IOException {
    // Built from the inside out by moving, because no path to the innermost could be named.
    Path name = Path.of("d".repeat(200));
    Path tree = Files.createDirectory(folder.resolve("tree"));
    for (int depth = 0; depth < 100; depth++) {
      Path next = Files.createDirectory(folder.resolve("next"));
      try (DirectoryStream<Path> from = Files.newDirectoryStream(folder);
          DirectoryStream<Path> to = Files.newDirectoryStream(next)) {
        ((SecureDirectoryStream<Path>) from)
            .move(Path.of("tree"), (SecureDirectoryStream<Path>) to, name);
      }
      Files.move(next, tree);
    }
    assertThat(FolderUsage.measure(folder).inodes()).isEqualTo(102);
    // The folder's own cleaning cannot name them either.
    try (DirectoryStream<Path> top = Files.newDirectoryStream(folder)) {
      deleteDeep((SecureDirectoryStream<Path>) top, Path.of("tree"), name);
    }
  }

  private static void deleteDeep(SecureDirectoryStream<Path> parent, Path child, Path name)
      throws IOException {
    try (SecureDirectoryStream<Path> inside = parent.newDirectoryStream(child)) {
      if (inside.iterator().hasNext()) {
        deleteDeep(inside, name, name);
      }
    }
    parent.deleteDirectory(child);
  }

  @Test
  void aFolderThatIsALinkIsNotFollowedAndAMissingOneIsNamed() throws IOException {
    Files.createDirectory(folder.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("elsewhere"));
    assertThat(catchThrowableOfType(Failure.class, () -> FolderUsage.measure(link)).reason())
        .contains(link.toString());
    Path missing = folder.resolve("missing");
    Failure failure = catchThrowableOfType(Failure.class, () -> FolderUsage.measure(missing));
    assertThat(failure.kind()).isEqualTo(FailureKind.NOT_FOUND);
    assertThat(failure.reason()).contains(missing.toString());
  }
}
