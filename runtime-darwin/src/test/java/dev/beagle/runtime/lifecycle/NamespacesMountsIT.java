package dev.beagle.runtime.lifecycle;

import static dev.beagle.runtime.lifecycle.NamespacesNode.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SecuritySpec;
import dev.beagle.runtime.testing.BusyboxImage;
import dev.beagle.runtime.testing.Specs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What containers see of files and of each other. Needs root, crun and mkfs.erofs. */
@Tag("root")
class NamespacesMountsIT {
  @TempDir Path folder;

  private NamespacesNode node;

  @BeforeEach
  void open() throws IOException {
    node = new NamespacesNode(folder, BusyboxImage.require(folder.resolve("image")));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    // Absent when the test is skipped.
    if (node != null) {
      node.removeAllAndCheck();
    }
  }

  private Container started(Sandbox sandbox, SecuritySpec security, List<FolderMount> mounts) {
    Container container =
        sandbox.createContainer(
            Specs.container("c" + sandbox.containers().size(), security, mounts, "sleep", "1000"));
    container.start();
    return container;
  }

  @Test
  void containersOfAPodMayShareTheirProcesses() throws Exception {
    Sandbox sandbox = node.runtime().runSandbox(Specs.sharedPidSandbox("shared"));
    SecuritySpec pod = Specs.security(false, NamespaceMode.POD, List.of("SYS_PTRACE"));
    Container first = started(sandbox, pod, List.of());
    started(sandbox, pod, List.of());

    assertThat(output(first, "cat", "/proc/1/comm")).isEqualTo("pause\nexit 0");
    assertThat(output(first, "/bin/sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null"))
        .containsSubsequence("sleep", "sleep");
    // These may look into PID 1, and find an empty folder.
    assertThat(output(first, "ls", "-A", "/proc/1/root/")).isEqualTo("exit 0");
  }

  @Test
  void laterMountsOfTheHostReachWhoAskedForThem() throws Exception {
    Path shared = Files.createDirectories(folder.resolve("shared"));
    mount("--bind", shared.toString(), shared.toString());
    try {
      mount("--make-shared", shared.toString());
      Files.createDirectory(shared.resolve("late"));
      Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("propagation"));
      Container follower =
          started(sandbox, Specs.security(), List.of(at(shared, Propagation.HOST_TO_CONTAINER)));
      Container loner =
          started(sandbox, Specs.security(), List.of(at(shared, Propagation.PRIVATE)));

      mount("-t", "tmpfs", "late", shared.resolve("late").toString());
      try {
        Files.writeString(shared.resolve("late/news"), "here\n");
        assertThat(output(follower, "cat", "/shared/late/news")).isEqualTo("here\nexit 0");
        assertThat(output(loner, "ls", "/shared/late")).isEqualTo("exit 0");
      } finally {
        command("umount", shared.resolve("late").toString());
      }
      assertThat(output(follower, "ls", "/shared/late")).isEqualTo("exit 0");
      sandbox.remove();
    } finally {
      command("umount", shared.toString());
    }
  }

  private static FolderMount at(Path path, Propagation propagation) {
    return new FolderMount("/shared", path.toString(), false, false, propagation);
  }

  private static void mount(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "mount";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    command(command);
  }

  private static void command(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  @Test
  void aReadOnlyRootIsReadOnly() throws Exception {
    Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("readonly"));
    Path volume = Files.createDirectory(folder.resolve("volume"));
    Container container =
        started(
            sandbox,
            Specs.security(true, NamespaceMode.CONTAINER, List.of()),
            List.of(new FolderMount("/tmp", volume.toString(), false, false, Propagation.PRIVATE)));
    assertThat(output(container, "touch", "/file")).contains("Read-only file system");
    assertThat(output(container, "touch", "/tmp/file")).isEqualTo("exit 0");
    assertThat(volume.resolve("file")).exists();
  }

  @Test
  void oneFileIsAVolumeToo() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), "word\n");
    Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("file"));
    Container container =
        started(
            sandbox,
            Specs.security(),
            List.of(
                new FolderMount("/etc/secret", file.toString(), true, false, Propagation.PRIVATE)));
    assertThat(output(container, "cat", "/etc/secret")).isEqualTo("word\nexit 0");
    assertThat(output(container, "/bin/sh", "-c", "echo no > /etc/secret"))
        .contains("Read-only file system");
    assertThat(file).hasContent("word\n");
  }

  @Test
  void aLayerOnMemoryIsMountedByLoop() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    mount("-t", "tmpfs", "memory", memory.toString());
    try {
      NamespacesNode onMemory =
          new NamespacesNode(folder.resolve("other"), BusyboxImage.require(memory));
      Sandbox sandbox = onMemory.runtime().runSandbox(Specs.hostNetworkSandbox("loop"));
      Container container = started(sandbox, Specs.security(), List.of());
      assertThat(output(container, "echo", "hello")).isEqualTo("hello\nexit 0");
      Path layers = folder.resolve("other/run/layers");
      assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo")))
          .anyMatch(line -> line.contains(layers + "/") && line.contains(" erofs /dev/loop"));
      onMemory.removeAllAndCheck();
    } finally {
      command("umount", memory.toString());
    }
  }
}
