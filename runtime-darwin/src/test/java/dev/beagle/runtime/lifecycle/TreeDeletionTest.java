package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeDeletionTest {
  @TempDir Path folder;

  /** What the container or an interrupted deletion has named does not stand in the way. */
  @Test
  void whatWasInterruptedGoesOn() throws IOException {
    Path victim = Files.createDirectory(folder.resolve("victim"));
    for (int i = 0; i < 8; i++) {
      Path deep = victim.resolve("tree" + i);
      for (int depth = 0; depth < 100; depth++) {
        deep = deep.resolve("d");
      }
      Files.createDirectories(deep);
      Files.createDirectories(victim.resolve("deep-" + i + "/full"));
    }
    int attempts = 0;
    for (boolean deleted = false; !deleted; attempts++) {
      deleted = deleteUntilInterrupted(victim, attempts);
    }
    assertThat(attempts).isGreaterThan(2);
    assertThat(victim).doesNotExist();
  }

  /** Each attempt is interrupted a little later, by what it does itself. */
  private static boolean deleteUntilInterrupted(Path victim, int attempt) throws IOException {
    Thread self = Thread.currentThread();
    int limit = 100 * (attempt + 1);
    try {
      new TreeDeletion(
              victim,
              steps -> {
                if (steps == limit) {
                  self.interrupt();
                }
              })
          .run();
      return true;
    } catch (InterruptedIOException interrupted) {
      return false;
    } finally {
      assertThat(Thread.interrupted() || !Files.exists(victim)).isTrue();
    }
  }

  @Test
  void pathsLongerThanTheKernelTakesAreDeleted() throws IOException {
    Path victim = Files.createDirectory(folder.resolve("victim"));
    // Built from the inside out by moving, because no path to the innermost could be named.
    Path name = Path.of("d".repeat(200));
    Files.createDirectories(victim.resolve(name));
    for (int depth = 0; depth < 60; depth++) {
      Path next = Files.createDirectory(folder.resolve("next"));
      try (DirectoryStream<Path> from = Files.newDirectoryStream(victim);
          DirectoryStream<Path> to = Files.newDirectoryStream(next)) {
        ((SecureDirectoryStream<Path>) from).move(name, (SecureDirectoryStream<Path>) to, name);
      }
      Files.createDirectory(victim.resolve(name));
      try (DirectoryStream<Path> from = Files.newDirectoryStream(next);
          DirectoryStream<Path> to = Files.newDirectoryStream(victim.resolve(name))) {
        ((SecureDirectoryStream<Path>) from).move(name, (SecureDirectoryStream<Path>) to, name);
      }
      Files.delete(next);
    }
    new TreeDeletion(victim).run();
    assertThat(victim).doesNotExist();
  }

  @Test
  void linksAreDeletedAndNotFollowed() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "x");
    Path victim = Files.createDirectories(folder.resolve("victim/sub"));
    Files.createSymbolicLink(victim.resolve("link"), outside);
    new TreeDeletion(folder.resolve("victim")).run();
    assertThat(outside.resolve("kept")).exists();
    assertThat(folder.resolve("victim")).doesNotExist();
  }

  @Test
  void whatIsGoneIsFine() throws IOException {
    new TreeDeletion(folder.resolve("nothing")).run();
    assertThat(folder).isEmptyDirectory();
  }
}
