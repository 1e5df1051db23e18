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
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.testing.FixedImage;
import dev.beagle.runtime.testing.RecordingNetworks;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.testing.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon's start when agents hang, or something about one pod is wrong. */
@Timeout(30)
class RecoveryTest {
  @TempDir Path folder;

  private final RecordingNetworks networks = new RecordingNetworks();
  private SimulatedKind kind;
  private LocalPodRuntime runtime;

  @BeforeEach
  void open() {
    kind = new SimulatedKind(folder);
    runtime = recover("boot-1", Duration.ZERO);
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private LocalPodRuntime recover(String bootId, Duration patience) {
    return LocalPodRuntime.recover(
        new PodEnvironment(
            new RecordStore(folder.resolve("run")),
            FixedImage.shell(),
            networks,
            folder.resolve("containers"),
            bootId,
            new ManualTime()),
        List.of(kind),
        patience);
  }

  /** With no patience at all for agents that hang. */
  private void restart() {
    runtime.close();
    runtime = recover("boot-1", Duration.ZERO);
  }

  private Container started(Sandbox sandbox) {
    Container container = sandbox.createContainer(Specs.container("c", "sh"));
    container.start();
    return container;
  }

  private static void join(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted");
    } catch (BrokenBarrierException broken) {
      throw Failure.unavailable("interrupted", broken);
    }
  }

  @Test
  void agentsThatHangAreAskedTogetherAndTheStartDoesNotWait() {
    Sandbox first = runtime.runSandbox(Specs.sandbox("first"));
    Sandbox second = runtime.runSandbox(Specs.sandbox("second"));
    CyclicBarrier bothAskedAndReleased = new CyclicBarrier(3);
    kind.onAdopt(sandbox -> join(bothAskedAndReleased));
    restart();

    for (Sandbox each : List.of(first, second)) {
      Sandbox hangs = runtime.findSandbox(each.id()).orElseThrow();
      assertThat(hangs.state()).isInstanceOf(SandboxState.Ready.class);
      assertThatThrownBy(() -> started(hangs))
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.UNAVAILABLE))
          .hasMessageContaining("has not answered yet");
    }

    join(bothAskedAndReleased);
    for (Sandbox each : List.of(first, second)) {
      Sandbox answers = runtime.findSandbox(each.id()).orElseThrow();
      await()
          .ignoreExceptions()
          .untilAsserted(() ->
              assertThat(started(answers).state()).isInstanceOf(ContainerState.Running.class));
    }
  }

  @Test
  void agentsThatAnswerAreAdoptedWhenTheStartIsDone() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    runtime.close();
    runtime = recover("boot-1", Duration.ofMinutes(1));
    started(runtime.findSandbox(sandbox.id()).orElseThrow());
  }

  @Test
  void closingTheRuntimeEndsAdoptionsAndLetsGoOfAgents() {
    Sandbox hangs = runtime.runSandbox(Specs.sandbox("hangs"));
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    kind.onAdopt(sandbox -> {
      asked.countDown();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException interrupted) {
        ended.countDown();
        throw Failure.cancelled("interrupted");
      }
    });
    restart();
    Sandbox reached = runtime.runSandbox(Specs.sandbox("reached"));
    assertThat(kind.agent(reached.id()).connected()).isTrue();
    await().until(() -> asked.getCount() == 0);

    runtime.close();

    assertThat(ended.getCount()).isZero();
    assertThat(kind.agent(reached.id()).connected()).isFalse();
    assertThat(kind.agent(reached.id()).alive()).isTrue();
    assertThat(kind.agent(hangs.id()).alive()).isTrue();
    kind.onAdopt(sandbox -> {});
  }

  @Test
  void whatWasBeingMadeIsUndoneOnceTheAgentAnswers() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox);
    runtime.close();
    new RecordStore(folder.resolve("run"))
        .write(((LocalContainer) container).record().with(Phase.CREATING));
    kind.leaveUnanswered(Integer.MAX_VALUE);
    runtime = recover("boot-1", Duration.ZERO);
    Path written = folder.resolve("containers").resolve(container.id().value());
    assertThat(written).isDirectory();

    kind.leaveUnanswered(0);

    await()
        .untilAsserted(() -> {
          assertThat(written).doesNotExist();
          assertThat(kind.agent(sandbox.id()).containerIds()).isEmpty();
          assertThat(runtime.findContainer(container.id())).isEmpty();
        });
  }

  @Test
  void layersAreLetGoOnceTheAgentTurnsOutToBeDead() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    started(sandbox);
    kind.leaveUnanswered(Integer.MAX_VALUE);
    restart();
    assertThat(kind.mountedLayers()).isNotEmpty();

    kind.agent(sandbox.id()).die();
    kind.leaveUnanswered(0);

    await().untilAsserted(() -> assertThat(kind.mountedLayers()).isEmpty());
  }

  /** What it left in the world could not be taken away there. */
  @Test
  void aContainerThatHasEndedIsNotRemovedBehindItsAgentsBack() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox);
    kind.agent(sandbox.id()).end(container.id().value(), 3);
    kind.leaveUnanswered(Integer.MAX_VALUE);
    restart();
    Container exited = runtime.findContainer(container.id()).orElseThrow();

    assertThatThrownBy(exited::remove)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.UNAVAILABLE));

    assertThat(folder.resolve("containers").resolve(container.id().value())).isDirectory();
    assertThat(runtime.findContainer(container.id())).isPresent();
    kind.leaveUnanswered(0);
    await()
        .ignoreExceptions()
        .untilAsserted(() -> {
          exited.remove();
          assertThat(kind.agent(sandbox.id()).containerIds()).isEmpty();
        });
  }

  @Test
  void aDefectInTheAdoptionOfOnePodCostsThatPodOnly() {
    Sandbox bad = runtime.runSandbox(Specs.sandbox("bad"));
    Sandbox good = runtime.runSandbox(Specs.sandbox("good"));
    kind.onAdopt(sandbox -> {
      if (sandbox.equals(bad.id())) {
        throw new IllegalArgumentException("not a container id: ../..");
      }
    });
    runtime.close();
    runtime = recover("boot-1", Duration.ofMinutes(1));

    started(runtime.findSandbox(good.id()).orElseThrow());
    Sandbox waits = runtime.findSandbox(bad.id()).orElseThrow();
    assertThatThrownBy(() -> started(waits)).hasMessageContaining("not a container id");
    waits.remove();
    assertThat(runtime.sandboxes()).extracting(Sandbox::id).containsExactly(good.id());
  }

  @Test
  void aDefectInTheEndOfOnePodCostsThatPodOnly() {
    Sandbox bad = runtime.runSandbox(Specs.sandbox("bad"));
    started(bad);
    Sandbox good = runtime.runSandbox(Specs.sandbox("good"));
    runtime.close();
    kind.onDiscard(sandbox -> {
      if (sandbox.equals(bad.id())) {
        throw new IllegalStateException("expected by this test");
      }
    });

    runtime = recover("boot-2", Duration.ZERO);

    assertThat(runtime.findSandbox(good.id()).orElseThrow().state())
        .isInstanceOf(SandboxState.NotReady.class);
    assertThat(networks.attached()).isEmpty();
    assertThat(kind.mountedLayers()).as("of the pod that was not ended").isNotEmpty();
    kind.onDiscard(sandbox -> {});
  }
}
