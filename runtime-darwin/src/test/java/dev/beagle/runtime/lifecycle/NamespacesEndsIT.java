package dev.beagle.runtime.lifecycle;

import static dev.beagle.runtime.lifecycle.NamespacesNode.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.testing.BusyboxImage;
import dev.beagle.runtime.testing.Specs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How containers and sandboxes end on the real agent. Needs root, crun and mkfs.erofs. */
@Tag("root")
class NamespacesEndsIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  private NamespacesNode node;

  @BeforeEach
  void open() throws IOException {
    node =
        new NamespacesNode(
            folder, BusyboxImage.require(folder.resolve("image")).stoppedBy("SIGUSR1"));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    // Absent when the test is skipped.
    if (node != null) {
      node.removeAllAndCheck();
    }
  }

  /** As a node in a temporary folder leaves it that was killed. */
  @Test
  void cgroupTreesWithoutAProcessAreSweptByTheNextStart() throws Exception {
    Path memory = Path.of("/sys/fs/cgroup/memory");
    Path ours = (Files.isDirectory(memory) ? memory : Path.of("/sys/fs/cgroup")).resolve("beagle");
    long self = ProcessHandle.current().pid();
    Path left = Files.createDirectories(ours.resolve("left-" + self));
    Files.createDirectories(left.resolve("sandbox/sandbox"));
    Path used = Files.createDirectories(ours.resolve("used-" + self));
    Path sandbox = Files.createDirectory(used.resolve("sandbox"));
    Process other = new ProcessBuilder("sleep", "1000").start();
    try {
      Files.writeString(sandbox.resolve("cgroup.procs"), Long.toString(other.pid()));
      node.restart();
      assertThat(left).doesNotExist();
      assertThat(sandbox).isDirectory();
    } finally {
      other.destroyForcibly().waitFor();
      await()
          .atMost(LIMIT)
          .ignoreExceptionsInstanceOf(FileSystemException.class)
          .until(() -> Files.deleteIfExists(sandbox));
      Files.delete(used);
      Files.deleteIfExists(left.resolve("sandbox/sandbox"));
      Files.deleteIfExists(left.resolve("sandbox"));
      Files.deleteIfExists(left);
    }
  }

  @Test
  void whoOutgrowsItsMemoryIsOomKilled() throws Exception {
    Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("oom"));
    long limit = 32L << 20;
    ResourceSpec resources = new ResourceSpec(0, 0, 0, limit, limit, 0, "", "", Map.of());
    // tail keeps all of a line that never ends.
    Container container =
        sandbox.createContainer(
            Specs.limitedContainer("greedy", resources, "tail", "-n", "1", "/dev/zero"));
    container.start();

    assertThat(container.await().code()).isEqualTo(137);
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> {
              assertThat(exited.status().oomKilled()).isTrue();
              assertThat(exited.reason()).isEqualTo("OOMKilled");
            });
  }

  @Test
  void aStopSendsTheSignalOfTheImage() throws Exception {
    Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("signal"));
    Container container =
        sandbox.createContainer(
            Specs.container(
                "c",
                "/bin/sh",
                "-c",
                "trap 'exit 42' USR1; trap 'exit 1' TERM; touch /ready; while :; do sleep 0.02; done"));
    container.start();
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(output(container, "cat", "/ready")).isEqualTo("exit 0"));

    container.stop(LIMIT);

    assertThat(container.await().code()).isEqualTo(42);
  }

  @Test
  void theDeathOfAnAgentEndsItsSandbox() throws Exception {
    Sandbox sandbox = node.runtime().runSandbox(Specs.hostNetworkSandbox("dies"));
    Container container = sandbox.createContainer(Specs.container("c", "sleep", "1000"));
    container.start();
    long pid = ((ContainerState.Running) container.state()).pid();

    agentOf(sandbox.id()).destroyForcibly();

    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(container.state())
                .isInstanceOfSatisfying(
                    ContainerState.Exited.class,
                    exited -> assertThat(exited.status().code()).isEqualTo(255)));
    assertThat(sandbox.state()).isInstanceOf(SandboxState.NotReady.class);
    // Dead, whether or not this host's first process has collected it.
    await().atMost(LIMIT).untilAsserted(() -> assertThat(stateOf(pid)).isIn("", "Z"));

    node.restart();
    assertThat(node.runtime().findSandbox(sandbox.id()).orElseThrow().state())
        .isInstanceOf(SandboxState.NotReady.class);
  }

  /** The letter of proc_pid_stat(5), or nothing when the process is gone. */
  private static String stateOf(long pid) throws IOException {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
    } catch (NoSuchFileException gone) {
      return "";
    }
  }

  private ProcessHandle agentOf(SandboxId sandbox) {
    String socket =
        folder.resolve("run/sandboxes/" + sandbox.shortForm() + "/agent.sock").toString();
    return ProcessHandle.allProcesses()
        .filter(process -> commandLine(process).contains("\0--socket\0" + socket + "\0"))
        .findFirst()
        .orElseThrow();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }

  @Test
  void twentySandboxesAtOnceComeAndGo() throws Exception {
    List<Container> containers =
        Tasks.all(
            IntStream.range(0, 20)
                .mapToObj(number ->
                    (Callable<Container>)
                        () -> {
                          Sandbox sandbox =
                              node.runtime().runSandbox(Specs.hostNetworkSandbox("p" + number));
                          Container container =
                              sandbox.createContainer(Specs.container("c", "sleep", "1000"));
                          container.start();
                          return container;
                        })
                .toList());
    assertThat(containers)
        .hasSize(20)
        .allSatisfy(
            container -> assertThat(container.state()).isInstanceOf(ContainerState.Running.class));

    Tasks.all(
        node.runtime().sandboxes().stream()
            .map(sandbox ->
                (Callable<Boolean>)
                    () -> {
                      sandbox.remove();
                      return true;
                    })
            .toList());

    assertThat(node.runtime().sandboxes()).isEmpty();
    try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
      assertThat(processes.filter(process -> commandLine(process).contains(folder.toString())))
          .isEmpty();
    }
  }
}
