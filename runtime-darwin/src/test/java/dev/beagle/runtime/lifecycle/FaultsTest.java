package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.testing.FixedImage;
import dev.beagle.runtime.testing.RecordingNetworks;
import dev.beagle.runtime.testing.SimulatedAgent;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a daemon does when it cannot reach an agent or cannot write: the pod does not pay for it.
 */
class FaultsTest {
  @TempDir Path folder;

  private final FixedImage images = FixedImage.shell();
  private final RecordingNetworks networks = new RecordingNetworks();
  private final ManualTime time = new ManualTime();
  private SimulatedKind kind;
  private LocalPodRuntime runtime;

  @BeforeEach
  void open() {
    kind = new SimulatedKind(folder);
    runtime = recover();
  }

  private LocalPodRuntime recover() {
    return LocalPodRuntime.recover(
        new PodEnvironment(
            new RecordStore(folder.resolve("run")),
            images,
            networks,
            folder.resolve("containers"),
            "boot-1",
            time),
        List.of(kind));
  }

  private void restart() {
    runtime.close();
    runtime = recover();
  }

  private Container started(Sandbox sandbox, String name) {
    Container container = sandbox.createContainer(Specs.container(name, "sh"));
    container.start();
    return container;
  }

  /** Makes the records of a sandbox unwritable, as a full disk does; returns what undoes it. */
  private Runnable fillDisk(Sandbox sandbox) throws IOException {
    List<Path> fillers = new ArrayList<>();
    Path records = folder.resolve("run").resolve(sandbox.id().shortForm());
    try (Stream<Path> files = Files.list(records)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
        Path aside = Files.createDirectory(file.resolveSibling(file.getFileName() + ".new"));
        fillers.add(aside);
        fillers.add(Files.createFile(aside.resolve("full")));
      }
    }
    return () -> fillers.reversed().forEach(filler -> filler.toFile().delete());
  }

  @Test
  void anAgentThatCannotBeAskedJustNowKeepsItsPod() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    kind.leaveUnanswered(Integer.MAX_VALUE);
    restart();

    Sandbox waits = runtime.findSandbox(sandbox.id()).orElseThrow();
    Container runs = runtime.findContainer(container.id()).orElseThrow();
    assertThat(waits.state()).isInstanceOf(SandboxState.Ready.class);
    assertThat(runs.state()).isInstanceOf(ContainerState.Running.class);
    for (Runnable call :
        List.<Runnable>of(
            () -> waits.createContainer(Specs.container("d", "sh")),
            () -> runs.stop(Duration.ZERO),
            runs::remove)) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.UNAVAILABLE))
          .hasMessageContaining("too many open files");
    }
    assertThat(kind.worldCount()).isOne();
    assertThat(networks.attached()).containsExactly(sandbox.id());

    kind.leaveUnanswered(0);
    await().untilAsserted(() -> started(waits, "d"));
    kind.agent(sandbox.id()).end(container.id().value(), 4);
    assertThat(runs.state()).isInstanceOf(ContainerState.Exited.class);
    waits.remove();
    assertThat(kind.worldCount()).isZero();
  }

  @Test
  void aStopEndsByForceWhatWasNotReached() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    kind.leaveUnanswered(Integer.MAX_VALUE);
    restart();
    Sandbox waits = runtime.findSandbox(sandbox.id()).orElseThrow();
    waits.remove();
    assertThat(kind.worldCount()).isZero();
    assertThat(networks.attached()).isEmpty();
    assertThat(runtime.findContainer(container.id())).isEmpty();
    assertThat(runtime.sandboxes()).isEmpty();
  }

  @Test
  void anAgentThatDiedBeforeItWasReachedEndsItsPod() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    kind.leaveUnanswered(Integer.MAX_VALUE);
    restart();
    Sandbox waits = runtime.findSandbox(sandbox.id()).orElseThrow();
    kind.agent(sandbox.id()).die();
    kind.leaveUnanswered(0);
    await()
        .untilAsserted(() -> assertThat(waits.state()).isInstanceOf(SandboxState.NotReady.class));
    waits.remove();
  }

  @Test
  void anExitIsAcknowledgedOnceItIsWritten() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    Runnable free = fillDisk(sandbox);

    kind.agent(sandbox.id()).end(container.id().value(), 3);

    assertThat(container.await().code()).isEqualTo(3);
    assertThat(container.state()).isInstanceOf(ContainerState.Exited.class);
    assertThat(kind.agent(sandbox.id()).unacknowledged()).containsExactly(container.id().value());

    free.run();
    await().untilAsserted(() -> assertThat(kind.agent(sandbox.id()).unacknowledged()).isEmpty());
    restart();
    assertThat(runtime.findContainer(container.id()).orElseThrow().await().code()).isEqualTo(3);
  }

  @Test
  void stoppingAndRemovingAContainerNeedNoDisk() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container removed = started(sandbox, "c");
    Runnable free = fillDisk(sandbox);
    removed.stop(Duration.ofSeconds(1));
    removed.remove();
    assertThat(sandbox.containers()).isEmpty();
    sandbox.stop(Duration.ZERO);
    assertThat(sandbox.state()).isEqualTo(new SandboxState.NotReady("stopped"));
    assertThat(kind.worldCount()).isZero();
    assertThat(networks.attached()).isEmpty();

    free.run();
    await()
        .untilAsserted(() -> {
          restart();
          assertThat(runtime.findSandbox(sandbox.id()).orElseThrow().state())
              .isEqualTo(new SandboxState.NotReady("stopped"));
        });
  }

  @Test
  void pausesBetweenWritesGrowToTenSeconds() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    Runnable free = fillDisk(sandbox);
    time.setWallClock(Duration.ofHours(-5));
    long before = time.nanos();
    kind.agent(sandbox.id()).end(container.id().value(), 3);
    // 0.1, 0.2, ... 6.4, 10, 10: by the monotonic clock, which nobody set.
    await().until(() -> time.nanos() - before > Duration.ofSeconds(32).toNanos());
    free.run();
    await().untilAsserted(() -> assertThat(kind.agent(sandbox.id()).unacknowledged()).isEmpty());
  }

  /** An agent killed during a create leaves an OCI runtime at work, which makes its cgroup late. */
  @Test
  void whatWasBeingMadeAsTheAgentDiedIsDiscardedWithTheWorld() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    AtomicReference<String> making = new AtomicReference<>("");
    SimulatedAgent agent = kind.agent(sandbox.id());
    agent.failpoint(request -> {
      if (request.hasCreateContainer()) {
        making.set(request.getCreateContainer().getContainer());
        agent.die();
        throw Failure.unavailable("the agent is gone");
      }
    });
    assertThatThrownBy(() -> sandbox.createContainer(Specs.container("c", "sh")))
        .isInstanceOf(Failure.class);
    await().untilAsserted(() -> assertThat(kind.discarded()).containsExactly(making.get()));
    sandbox.remove();
  }

  @Test
  void stampsAreTheWallClocks() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    time.setWallClock(Duration.ofHours(-3));
    Sandbox later = runtime.runSandbox(Specs.sandbox("q"));
    assertThat(later.createdAt()).isEqualTo(sandbox.createdAt().minus(Duration.ofHours(3)));
    Container container = later.createContainer(Specs.container("c", "sh"));
    time.setWallClock(Duration.ofHours(9));
    kind.agent(later.id())
        .failpoint(request -> {
          if (request.hasStartContainer()) {
            throw Failure.internal("refused");
          }
        });
    assertThatThrownBy(container::start).isInstanceOf(Failure.class);
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited ->
                assertThat(exited.at()).isEqualTo(container.createdAt().plus(Duration.ofHours(9))));
  }
}
