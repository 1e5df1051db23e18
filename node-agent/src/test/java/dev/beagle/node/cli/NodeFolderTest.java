package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NodeFolderTest {
  @TempDir Path temporary;

  @Test
  void aMissingFolderIsMadeForUsAlone() throws IOException {
    Path folder = temporary.resolve("a/b");
    try (NodeFolder claimed = NodeFolder.claim(folder, "root")) {
      assertThat(claimed).isNotNull();
      assertThat(Files.getPosixFilePermissions(folder))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aSecondDaemonIsRefusedByPid() {
    Path folder = temporary.resolve("root");
    try (NodeFolder first = NodeFolder.claim(folder, "root")) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> NodeFolder.claim(folder, "root"))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> {
                assertThat(failure.kind()).isEqualTo(FailureKind.WRONG_STATE);
                assertThat(failure.reason())
                    .contains("in use by another daemon (pid " + ProcessHandle.current().pid());
              });
    }
    NodeFolder.claim(folder, "root").close();
  }

  @Test
  void aFolderThatOthersMayWriteToIsLeftAsItIs() throws IOException {
    Path shared = Files.createDirectory(temporary.resolve("shared"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(() -> NodeFolder.claim(shared, "run"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("others may write to it (rwxrwxrwx)");
    assertThat(Files.getPosixFilePermissions(shared))
        .isEqualTo(PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  @Test
  void aLockThatIsALinkIsNotFollowed() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("root"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Path precious = Files.writeString(temporary.resolve("precious"), "precious");
    Files.createSymbolicLink(folder.resolve("daemon.lock"), precious);

    assertThatThrownBy(() -> NodeFolder.claim(folder, "root")).isInstanceOf(Failure.class);
    assertThat(precious).hasContent("precious");
  }

  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      disabledReason = "only /proc is a folder in which nobody, root included, can make anything")
  void aFolderThatCannotBeMadeIsNamedInPlainWords() {
    assertThatThrownBy(() -> NodeFolder.claim(Path.of("/proc/nothing/here"), "root"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("root folder /proc/nothing/here cannot be used: /proc/nothing")
        .hasMessageEndingWith(": no such folder");
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));

    assertThatThrownBy(() -> NodeFolder.claim(file, "root"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("is not a folder");
  }
}
