package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * How a daemon is started and ended: each test has a node of its own, and the check covers all of
 * it.
 */
@Timeout(120)
final class DaemonLifeIT {
  @SuppressWarnings("NullAway.Init") // before each test
  private Node node;

  @SuppressWarnings("NullAway.Init")
  private Registry registry;

  @SuppressWarnings("NullAway.Init")
  private LeakCheck leaks;

  @BeforeEach
  void makeNode() {
    Prepared prepared = Prepared.orSkip();
    assumeFalse(prepared.peer(), "about our own daemon");
    node = Node.make(prepared);
    registry = Registry.start(prepared, node.base(), NodeIT.REGISTRY_PORT, false);
    registry.mirror(node.hosts(), "registry.k8s.io");
    leaks = LeakCheck.ofAllButImages(node);
  }

  @AfterEach
  void removeNode() {
    if (node != null) {
      node.close();
      registry.close();
    }
  }

  private String sleeper() {
    node.crictl().run("pull", Crictl.BUSYBOX);
    Crictl.Pod pod = node.crictl().runPod(Config.pod(node, "life"));
    return node.crictl()
        .startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
  }

  @Test
  void theSocketIsForItsOwnerOnly() throws Exception {
    node.start();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.socket())))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.runFolder())))
        .isEqualTo("rwx------");
  }

  @Test
  void terminatedItLeavesPodsToTheNext() {
    node.start();
    String id = sleeper();
    long pid = node.crictl().pid(id);
    assertThat(node.terminate()).isZero();
    assertThat(Processes.alive(pid)).isTrue();
    node.start();
    assertThat(node.crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
    assertThat(node.crictl().pid(id)).isEqualTo(pid);
  }

  @Test
  void withStopPodsNothingOutlivesIt() {
    node.start("--stop-pods");
    String id = sleeper();
    long pid = node.crictl().pid(id);
    assertThat(node.terminate()).isZero();
    await().atMost(Duration.ofSeconds(5)).until(() -> !Processes.alive(pid));
    assertThat(Processes.all()).isEmpty();
    assertThat(Mounts.points())
        .filteredOn(point -> point.startsWith(node.base().toString()))
        .isEmpty();
    node.start();
    assertThat(node.crictl().run("ps", "-q")).isEmpty();
    assertThat(
            node.crictl()
                .pod(new Crictl.Pod(node.crictl().run("pods", "-q"), node.base()))
                .path("state")
                .asString())
        .isEqualTo("SANDBOX_NOTREADY");
    node.crictl().removeAllPods();
    assertThat(node.terminate()).isZero();
    assertThat(Mounts.points())
        .filteredOn(point -> point.startsWith(node.base().toString()))
        .isEmpty();
  }

  @Test
  void aSecondDaemonOnTheSameRootIsRefusedByName() {
    node.start();
    Command.Result second = Command.run(node.command());
    assertThat(second.failure() + second.out()).contains(node.root().toString());
    assertThat(second.exit()).isPositive();
    assertThat(node.crictl().call("version").exit()).isZero();
  }

  @Test
  void anUnknownConfigurationKeyIsRefusedByName() throws Exception {
    Files.writeString(node.base().resolve("config.yaml"), "registry:\n  configPaht: /nowhere\n");
    assertThatThrownBy(() -> node.start()).hasMessageContaining("configPaht");
  }

  @Test
  void anIdleNodeEndsWithoutATrace() {
    node.start("--stop-pods");
    assertThat(node.terminate()).isZero();
    Folders.delete(node.runFolder());
    leaks.nothingLeft();
  }
}
