package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.testing.FixedImage;
import dev.beagle.runtime.testing.RecordingNetworks;
import dev.beagle.runtime.testing.SimulatedAgent;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.runtime.world.AbsentKind;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LocalPodRuntimeTest {
  @TempDir Path folder;

  private final FixedImage images = FixedImage.shell();
  private final RecordingNetworks networks = new RecordingNetworks();
  private final ManualTime time = new ManualTime();
  private SimulatedKind kind;
  private LocalPodRuntime runtime;

  @BeforeEach
  void open() {
    kind = new SimulatedKind(folder);
    runtime = recover("boot-1");
  }

  private LocalPodRuntime recover(String bootId) {
    return LocalPodRuntime.recover(
        new PodEnvironment(
            new RecordStore(folder.resolve("run")),
            images,
            networks,
            folder.resolve("containers"),
            bootId,
            time),
        List.of(kind));
  }

  private void assertNothingLeft() throws IOException {
    assertThat(runtime.sandboxes()).isEmpty();
    assertThat(kind.worldCount()).isZero();
    assertThat(kind.remembered()).isEmpty();
    assertThat(kind.mountedLayers()).isEmpty();
    assertThat(networks.attached()).isEmpty();
    assertThat(images.openCount()).isZero();
    await().untilAsserted(() -> assertThat(folder.resolve("trash")).isEmptyDirectory());
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
    if (Files.exists(folder.resolve("containers"))) {
      assertThat(folder.resolve("containers")).isEmptyDirectory();
    }
  }

  /** As kill -9 of the daemon: its connections end from its side, and it never hears of it. */
  private void killDaemon() {
    runtime.close();
  }

  private Container started(Sandbox sandbox, String name) {
    Container container = sandbox.createContainer(Specs.container(name, "sh"));
    container.start();
    return container;
  }

  @Test
  void aPodFromRunToRemoveLeavesNothing() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    assertThat(sandbox.state())
        .isInstanceOfSatisfying(
            SandboxState.Ready.class, ready -> assertThat(ready.addresses()).hasSize(1));
    Container container = started(sandbox, "c");
    kind.agent(sandbox.id()).end(container.id().value(), 3);
    assertThat(container.await().code()).isEqualTo(3);
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class, exited -> assertThat(exited.reason()).isEqualTo("Error"));
    sandbox.remove();
    sandbox.remove();
    assertNothingLeft();
  }

  @Test
  void theSameNameAndAttemptIsTheSameSandboxAndContainer() {
    Sandbox first = runtime.runSandbox(Specs.sandbox("p"));
    assertThat(runtime.runSandbox(Specs.sandbox("p")).id()).isEqualTo(first.id());
    Container container = first.createContainer(Specs.container("c", "sh"));
    assertThat(first.createContainer(Specs.container("c", "sh")).id()).isEqualTo(container.id());
  }

  @Test
  void aNameThatWasTypedTwiceIsOfOnePodAlsoWhileItIsBeingMade() throws Exception {
    CountDownLatch making = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    kind.onOpen(agent -> {
      making.countDown();
      awaitQuietly(second);
    });
    CompletableFuture<Sandbox> first =
        CompletableFuture.supplyAsync(() -> runtime.runSandbox(Specs.typedSandbox("p", "1")));
    making.await();
    Thread other =
        Thread.ofPlatform()
            .start(() ->
                assertThatThrownBy(() -> runtime.runSandbox(Specs.typedSandbox("p", "2")))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("pod p exists"));
    AtomicReference<Throwable> failed = new AtomicReference<>();
    other.setUncaughtExceptionHandler((_, failure) -> failed.set(failure));
    second.countDown();
    other.join();
    assertThat(failed).hasNullValue();
    assertThat(runtime.sandboxes()).hasSize(1);
    first.get().remove();
    runtime.runSandbox(Specs.typedSandbox("p", "2")).remove();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void whatIsBeingMadeOrIsRemovedIsNotListed() {
    List<Sandbox> seen = new CopyOnWriteArrayList<>();
    kind.onOpen(agent -> seen.addAll(runtime.sandboxes()));
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    assertThat(seen).isEmpty();
    assertThat(runtime.sandboxes()).containsExactly(sandbox);
    sandbox.remove();
    assertThat(runtime.sandboxes()).isEmpty();
  }

  /** Where the making of a sandbox and its container can fail. */
  enum Step {
    NETWORK,
    WORLD,
    OPEN_SANDBOX,
    CREATE_CONTAINER
  }

  @ParameterizedTest
  @EnumSource
  void whateverStepFailsNothingIsLeft(Step step) throws IOException {
    networks.refuse(step == Step.NETWORK);
    kind.refuse(step == Step.WORLD);
    if (step == Step.OPEN_SANDBOX) {
      kind.onOpen(agent -> agent.failpoint(refuse(Request.CallCase.OPEN_SANDBOX)));
    }
    if (step == Step.CREATE_CONTAINER) {
      Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
      SimulatedAgent agent = kind.agent(sandbox.id());
      agent.failpoint(refuse(Request.CallCase.CREATE_CONTAINER));
      assertThatThrownBy(() -> sandbox.createContainer(Specs.container("c", "sh")))
          .isInstanceOf(Failure.class)
          .hasMessage("refused");
      assertThat(sandbox.containers()).isEmpty();
      assertThat(agent.folders()).isEmpty();
      agent.failpoint(request -> {});
      sandbox.remove();
    } else {
      assertThatThrownBy(() -> runtime.runSandbox(Specs.sandbox("p"))).isInstanceOf(Failure.class);
    }
    assertNothingLeft();
  }

  private static Consumer<Request> refuse(Request.CallCase call) {
    return request -> {
      if (request.getCallCase() == call) {
        throw Failure.internal("refused");
      }
    };
  }

  @Test
  void aFailedStartIsAStateOfTheContainer() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = sandbox.createContainer(Specs.container("c", "sh"));
    kind.agent(sandbox.id()).failpoint(refuse(Request.CallCase.START_CONTAINER));
    assertThatThrownBy(container::start).isInstanceOf(Failure.class);
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> {
              assertThat(exited.reason()).isEqualTo("StartError");
              assertThat(exited.status().code()).isEqualTo(128);
              assertThat(exited.startedAt()).isEmpty();
            });
    assertThatThrownBy(container::start)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.WRONG_STATE));
  }

  @Test
  void aStartThatWasGivenUpDoesNotRunUnseen() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = sandbox.createContainer(Specs.container("c", "sh"));
    SimulatedAgent agent = kind.agent(sandbox.id());
    agent.answersLate(Request.CallCase.START_CONTAINER);
    assertThatThrownBy(container::start)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.TIMED_OUT));
    await()
        .until(() -> {
          time.advance(Duration.ofSeconds(1));
          return !agent.runs(container.id().value());
        });
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> assertThat(exited.reason()).isEqualTo("StartError"));
  }

  @Test
  void aCommandThatWasGivenUpIsEnded() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    SimulatedAgent agent = kind.agent(sandbox.id());
    List<Request> asked = new CopyOnWriteArrayList<>();
    agent.failpoint(asked::add);
    agent.answersLate(Request.CallCase.EXEC);
    ExecSpec command = new ExecSpec(List.of("true"), false, false, false, false, Optional.empty());
    assertThatThrownBy(() -> container.exec(command)).isInstanceOf(Failure.class);
    await()
        .until(() -> {
          time.advance(Duration.ofSeconds(1));
          return asked.stream().anyMatch(Request::hasSignal);
        });
    Request kill = asked.stream().filter(Request::hasSignal).findFirst().orElseThrow();
    assertThat(kill.getSignal().getExec()).isEqualTo(asked.getFirst().getExec().getExec());
    assertThat(kill.getSignal().getSignal()).isEqualTo(9);
  }

  @Test
  void aNewDaemonAdoptsWhatRunsAndHearsOfWhatEndedMeanwhile() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container lives = started(sandbox, "lives");
    Container ends = started(sandbox, "ends");
    Container waits = sandbox.createContainer(Specs.container("waits", "sh"));
    killDaemon();
    kind.agent(sandbox.id()).end(ends.id().value(), 9);

    runtime = recover("boot-1");

    Sandbox adopted = runtime.findSandbox(sandbox.id()).orElseThrow();
    assertThat(adopted.state()).isEqualTo(sandbox.state());
    assertThat(runtime.findContainer(lives.id()).orElseThrow().state())
        .isInstanceOf(ContainerState.Running.class);
    assertThat(runtime.findContainer(ends.id()).orElseThrow().await().code()).isEqualTo(9);
    Container waiting = runtime.findContainer(waits.id()).orElseThrow();
    waiting.start();
    assertThat(waiting.state()).isInstanceOf(ContainerState.Running.class);
    adopted.remove();
    assertNothingLeft();
  }

  @Test
  void aRestartOfTheHostEndsEverythingTruthfully() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");

    runtime = recover("boot-2");

    assertThat(runtime.findSandbox(sandbox.id()).orElseThrow().state())
        .isEqualTo(new SandboxState.NotReady("the host was restarted"));
    assertThat(runtime.findContainer(container.id()).orElseThrow().state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> {
              assertThat(exited.status().code()).isEqualTo(255);
              assertThat(exited.reason()).isEqualTo("Unknown");
            });
    assertThat(networks.attached()).isEmpty();
    assertThat(kind.worldCount()).isZero();
  }

  @Test
  void theDeathOfAnAgentEndsItsSandboxAlone() {
    Sandbox dies = runtime.runSandbox(Specs.sandbox("dies"));
    Container container = started(dies, "c");
    Sandbox other = runtime.runSandbox(Specs.sandbox("other"));
    kind.agent(dies.id()).die();
    await()
        .untilAsserted(() -> {
          assertThat(dies.state()).isInstanceOf(SandboxState.NotReady.class);
          assertThat(container.state()).isInstanceOf(ContainerState.Exited.class);
          assertThat(networks.attached()).containsExactly(other.id());
        });
    assertThat(other.state()).isInstanceOf(SandboxState.Ready.class);
    dies.remove();
  }

  @Test
  void stoppingGivesGraceThenKills() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    container.stop(Duration.ofSeconds(5));
    container.stop(Duration.ofSeconds(5));
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> assertThat(exited.status().code()).isEqualTo(143));
  }

  @Test
  void aWorldThatDiedWhileNoDaemonLivedIsToldByTheNextOneAndForgottenWithItsSandbox() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    killDaemon();
    kind.agent(sandbox.id()).die();

    runtime = recover("boot-1");

    Sandbox found = runtime.findSandbox(sandbox.id()).orElseThrow();
    assertThat(found.state()).isEqualTo(new SandboxState.NotReady("the simulated world went away"));
    assertThat(runtime.findContainer(container.id()).orElseThrow().state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited ->
                assertThat(exited.message())
                    .isEqualTo("the container's sandbox is gone: the simulated world went away"));
    assertThat(kind.remembered()).containsExactly(sandbox.id());
    found.remove();
    assertThat(kind.remembered()).isEmpty();
  }

  @Test
  void anImageForAnotherArchitectureIsRefusedByName() throws IOException {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    images.become("arm64");
    assertThatThrownBy(() -> sandbox.createContainer(Specs.container("c", "sh")))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED))
        .hasMessageContaining("is for arm64, and sandboxes of kind simulated run amd64")
        .hasMessageContaining("sandbox.default");
    assertThat(sandbox.containers()).isEmpty();
    sandbox.remove();
    assertNothingLeft();
  }

  @Test
  void aLogPathThatLeavesItsFolderIsRefused() {
    Sandbox sandbox = runtime.runSandbox(Specs.loggingSandbox("p", "/var/log/pods/p"));
    assertThatThrownBy(
            () -> sandbox.createContainer(Specs.loggingContainer("c", "../../../etc/cron.d/x")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("leads out of");
    assertThat(sandbox.containers()).isEmpty();
  }

  @Test
  void anUnknownKindNamesThoseThatAre() {
    assertThatThrownBy(() -> runtime.runSandbox(Specs.sandboxOfKind("p", "kata")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("kata")
        .hasMessageContaining("simulated");
  }

  @Test
  void anAgentThatDiesAsItsSandboxOpensLeavesNoReadySandbox() throws IOException {
    kind.onOpen(agent ->
        agent.failpoint(request -> {
          if (request.hasOpenSandbox()) {
            agent.die();
          }
        }));
    assertThatThrownBy(() -> runtime.runSandbox(Specs.sandbox("p"))).isInstanceOf(Failure.class);
    assertNothingLeft();
  }

  @Test
  void anAgentThatDoesNotAnswerIsEndedByForce() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    kind.agent(sandbox.id())
        .failpoint(request -> {
          throw Failure.timedOut("no answer");
        });
    sandbox.stop(Duration.ZERO);
    assertThat(sandbox.state()).isInstanceOf(SandboxState.NotReady.class);
    assertThat(container.state()).isInstanceOf(ContainerState.Exited.class);
    assertThat(kind.worldCount()).isZero();
    assertThat(networks.attached()).isEmpty();
  }

  @Test
  void whatCannotBeRecoveredIsLeftAsItIs() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    Path written = folder.resolve("containers").resolve(container.id().value());
    killDaemon();

    runtime =
        LocalPodRuntime.recover(
            new PodEnvironment(
                new RecordStore(folder.resolve("run")),
                images,
                networks,
                folder.resolve("containers"),
                "boot-1",
                time),
            List.of(new AbsentKind("simulated", "its tools are not installed")));

    assertThat(runtime.sandboxes()).isEmpty();
    assertThat(runtime.hasUnrecovered()).isTrue();
    assertThat(written).isDirectory();
    assertThat(networks.attached()).containsExactly(sandbox.id());
    assertThat(kind.agent(sandbox.id()).alive()).isTrue();

    runtime = recover("boot-1");
    assertThat(runtime.findContainer(container.id()).orElseThrow().state())
        .isInstanceOf(ContainerState.Running.class);
  }

  @Test
  void aKindThatCanMakeNoneAnyMoreSeesToThoseThatAreThere() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    killDaemon();
    kind.refuseNew("its guest image is away");

    runtime = recover("boot-1");

    assertThat(runtime.hasUnrecovered()).isFalse();
    assertThat(runtime.findContainer(container.id()).orElseThrow().state())
        .isInstanceOf(ContainerState.Running.class);
    assertThatThrownBy(() -> runtime.runSandbox(Specs.sandbox("q")))
        .isInstanceOf(Failure.class)
        .hasMessage("sandbox kind simulated cannot run here: its guest image is away");
    runtime.findSandbox(sandbox.id()).orElseThrow().remove();
    assertThat(kind.worldCount()).isZero();
  }

  @Test
  void aRecordOfANewerVersionStopsTheSweep() throws IOException {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Container container = started(sandbox, "c");
    Path record = folder.resolve("run").resolve(sandbox.id().shortForm()).resolve("sandbox.json");
    String good = Files.readString(record);
    Files.writeString(record, good.replaceFirst("\"version\":1", "\"version\":2"));
    killDaemon();

    runtime = recover("boot-1");

    assertThat(runtime.sandboxes()).isEmpty();
    assertThat(folder.resolve("containers").resolve(container.id().value())).isDirectory();
    assertThat(kind.worldCount()).isOne();
  }

  @Test
  void aTornRecordIsALostOneAndWhatItSpokeOfIsSwept() throws IOException {
    Sandbox torn = runtime.runSandbox(Specs.sandbox("torn"));
    Container container = started(torn, "c");
    Sandbox other = runtime.runSandbox(Specs.sandbox("other"));
    Container lives = started(other, "c");
    Path record = folder.resolve("run").resolve(torn.id().shortForm()).resolve("sandbox.json");
    String good = Files.readString(record);
    Files.writeString(record, good.substring(0, good.length() / 2));
    killDaemon();

    runtime = recover("boot-1");

    assertThat(runtime.sandboxes()).extracting(Sandbox::id).containsExactly(other.id());
    assertThat(runtime.findContainer(lives.id()).orElseThrow().state())
        .isInstanceOf(ContainerState.Running.class);
    assertThat(folder.resolve("containers").resolve(container.id().value())).doesNotExist();
    assertThat(kind.worldCount()).isOne();
    assertThat(networks.attached()).containsExactly(other.id());
    assertThat(runtime.runSandbox(Specs.sandbox("torn")).id()).isNotEqualTo(torn.id());
  }

  /** A command that runs in a container, without streams. */
  private record Command(ContainerProcess process, Exited.Builder end, List<Request> asked) {}

  private Command command(Sandbox sandbox) {
    Container container = started(sandbox, "c");
    List<Request> asked = new CopyOnWriteArrayList<>();
    kind.agent(sandbox.id()).failpoint(asked::add);
    ContainerProcess process =
        container.exec(new ExecSpec(List.of("true"), false, false, false, false, Optional.empty()));
    return new Command(
        process,
        Exited.newBuilder()
            .setContainer(container.id().value())
            .setExec(asked.getLast().getExec().getExec()),
        asked);
  }

  @Test
  void theEndOfACommandIsToldAndAcknowledged() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Command command = command(sandbox);

    kind.agent(sandbox.id()).endExec(command.end().setCode(3).build());

    assertThat(command.process().await().code()).isEqualTo(3);
    assertThat(command.asked().getLast().getAcknowledgeExit().getExec())
        .isEqualTo(command.end().getExec());
  }

  @Test
  void aCommandThatWasKilledForItsTimeLimitIsAFailure() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Command command = command(sandbox);

    kind.agent(sandbox.id()).endExec(command.end().setCode(137).setTimedOut(true).build());

    assertThatThrownBy(() -> command.process().await())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.TIMED_OUT));
  }

  @Test
  @Timeout(10)
  void aCommandWhoseAgentDiesIsNotWaitedForForEver() {
    Sandbox sandbox = runtime.runSandbox(Specs.sandbox("p"));
    Command command = command(sandbox);

    kind.agent(sandbox.id()).die();

    assertThatThrownBy(() -> command.process().await())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.UNAVAILABLE));
    // Waits for the end that the agent's death began: it still writes to the folder.
    sandbox.remove();
  }
}
