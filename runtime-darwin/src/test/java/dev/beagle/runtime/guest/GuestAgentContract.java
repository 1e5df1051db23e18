package dev.beagle.runtime.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.CloseSandbox;
import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.ContainerProcess.State;
import dev.beagle.runtime.guest.wire.CreateContainer;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.OpenSandbox;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Signal;
import dev.beagle.runtime.guest.wire.StartContainer;
import dev.beagle.runtime.guest.wire.Started;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the core relies on from every guest agent (PROTOCOL.md): the states of a container, what is
 * refused and how, and that no exit is lost. Real and simulated agents run it.
 */
public abstract class GuestAgentContract {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ContainerId id = ContainerId.random();
  private final BlockingQueue<Exited> exits = new LinkedBlockingQueue<>();
  private final List<World> connections = new ArrayList<>();
  private WorldRecord record;
  private World world;

  /** The kind whose agents are tried. */
  protected abstract SandboxKind kind();

  /** A container whose process runs until {@link #end}; its folders are in the world already. */
  protected abstract CreateContainer container(World world, ContainerId id) throws Exception;

  /** Has the container's process end by itself, now or as soon as it runs. */
  protected abstract void end(SandboxId sandbox, ContainerId id, int code) throws Exception;

  @BeforeEach
  void open() throws IOException {
    record = kind().plan(SandboxId.random(), "");
    Files.createDirectories(Path.of(record.folder()));
    world = kind().open(record);
    connections.add(world);
    world.agent().onExit(exits::add);
    openSandbox();
  }

  private void openSandbox() {
    call(
        Request.newBuilder()
            .setOpenSandbox(
                OpenSandbox.newBuilder()
                    .setSandbox(record.sandbox().value())
                    .setOwnIpc(true)
                    .putFiles("hosts", ByteString.EMPTY)
                    .putFiles("hostname", ByteString.EMPTY)
                    .putFiles("resolv.conf", ByteString.EMPTY)));
  }

  @AfterEach
  void close() {
    connections.forEach(World::close);
    if (record != null) {
      kind().discard(record, List.of(id.value()));
    }
  }

  private Reply call(Request.Builder request) {
    return world.agent().call(request, LIMIT);
  }

  private void create() throws Exception {
    call(Request.newBuilder().setCreateContainer(container(world, id)));
  }

  private Started start() {
    return call(start(id)).getStarted();
  }

  private static Request.Builder start(ContainerId container) {
    return Request.newBuilder()
        .setStartContainer(StartContainer.newBuilder().setContainer(container.value()));
  }

  private static Request.Builder delete(ContainerId container) {
    return Request.newBuilder()
        .setDeleteContainer(DeleteContainer.newBuilder().setContainer(container.value()));
  }

  private static Request.Builder signal(ContainerId container, int number, boolean all) {
    return Request.newBuilder()
        .setSignal(
            Signal.newBuilder().setContainer(container.value()).setSignal(number).setAll(all));
  }

  private ProcessList processes() {
    return call(Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()))
        .getProcesses();
  }

  private Optional<State> state() {
    return processes().getContainersList().stream()
        .filter(process -> process.getContainer().equals(id.value()))
        .map(ContainerProcess::getState)
        .findFirst();
  }

  private Exited nextExit() throws InterruptedException {
    Exited exited = exits.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(exited).as("an exit").isNotNull();
    return exited == null ? Exited.getDefaultInstance() : exited;
  }

  /** A daemon started anew: its connection replaces the one that there is. */
  private BlockingQueue<Exited> reconnect() {
    BlockingQueue<Exited> told = new LinkedBlockingQueue<>();
    world = kind().adopt(record).orElseThrow();
    connections.add(world);
    world.agent().onExit(told::add);
    return told;
  }

  private static void assertRefused(FailureKind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(kind);
              assertThat(failure.reason()).isNotBlank();
            });
  }

  @Test
  void aContainerIsCreatedRunsAndEnds() throws Exception {
    create();
    assertThat(state()).contains(State.CREATED);
    Started started = start();
    assertThat(started.getPid()).isPositive();
    assertThat(state()).contains(State.RUNNING);

    end(record.sandbox(), id, 3);

    Exited exited = nextExit();
    assertThat(exited.getContainer()).isEqualTo(id.value());
    assertThat(exited.getExec()).isEmpty();
    assertThat(exited.getCode()).isEqualTo(3);
    assertThat(exited.getOomKilled()).isFalse();
    assertThat(exited.getAt()).isGreaterThanOrEqualTo(started.getAt());
    assertThat(state()).contains(State.EXITED);
  }

  @Test
  void aProcessThatEndsAtOnceHasStartedBefore() throws Exception {
    create();
    end(record.sandbox(), id, 0);
    Started started = start();
    assertThat(started.getPid()).isPositive();
    end(record.sandbox(), id, 0);
    Exited exited = nextExit();
    assertThat(exited.getCode()).isZero();
    assertThat(exited.getAt()).isGreaterThanOrEqualTo(started.getAt());
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertRefused(FailureKind.NOT_FOUND, () -> call(start(id)));
    assertRefused(FailureKind.NOT_FOUND, () -> call(signal(id, 15, false)));
    assertRefused(FailureKind.NOT_FOUND, () -> call(delete(id)));
  }

  @Test
  void aContainerStartsOnce() throws Exception {
    create();
    start();
    assertRefused(FailureKind.WRONG_STATE, () -> call(start(id)));
    end(record.sandbox(), id, 0);
    nextExit();
    assertRefused(FailureKind.WRONG_STATE, () -> call(start(id)));
  }

  @Test
  void anIdIsTakenOnce() throws Exception {
    create();
    assertRefused(
        FailureKind.ALREADY_EXISTS,
        () -> call(Request.newBuilder().setCreateContainer(container(world, id))));
    assertThat(state()).contains(State.CREATED);
  }

  @Test
  void aSandboxIsOpenedOnce() {
    assertRefused(FailureKind.WRONG_STATE, this::openSandbox);
    assertThat(processes().getSandbox()).isEqualTo(record.sandbox().value());
  }

  @Test
  void aKilledProcessEndsWithItsSignal() throws Exception {
    create();
    start();
    call(signal(id, 9, false));
    assertThat(nextExit().getCode()).isEqualTo(128 + 9);
    assertRefused(FailureKind.WRONG_STATE, () -> call(signal(id, 9, false)));
    assertThat(call(signal(id, 9, true)).hasError()).isFalse();
  }

  @Test
  void aSignalThatDoesNotExistIsRefused() throws Exception {
    create();
    start();
    assertRefused(FailureKind.INVALID_ARGUMENT, () -> call(signal(id, 0, false)));
    assertRefused(FailureKind.INVALID_ARGUMENT, () -> call(signal(id, 65, false)));
    assertThat(state()).contains(State.RUNNING);
  }

  @Test
  void anExitIsToldAgainUntilItIsAcknowledged() throws Exception {
    create();
    start();
    end(record.sandbox(), id, 5);
    Exited first = nextExit();
    assertThat(processes().getExitsList()).containsExactly(first);

    BlockingQueue<Exited> again = reconnect();
    assertThat(again.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(first);
    call(
        Request.newBuilder()
            .setAcknowledgeExit(AcknowledgeExit.newBuilder().setContainer(id.value())));

    BlockingQueue<Exited> never = reconnect();
    // What it has to tell comes before the answer to a request.
    assertThat(processes().getExitsList()).isEmpty();
    assertThat(never).isEmpty();
    assertThat(state()).contains(State.EXITED);
  }

  @Test
  void aNewerConnectionReplacesTheOlder() throws Exception {
    create();
    start();
    GuestAgent older = world.agent();
    CountDownLatch gone = new CountDownLatch(1);
    older.onGone(gone::countDown);

    BlockingQueue<Exited> told = reconnect();

    assertThat(gone.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertRefused(FailureKind.UNAVAILABLE, () -> older.call(start(id), LIMIT));
    end(record.sandbox(), id, 4);
    Exited exited = told.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(exited).isNotNull();
    assertThat(exits).isEmpty();
  }

  @Test
  void aCreatedContainerIsDeleted() throws Exception {
    create();
    call(delete(id));
    assertThat(nextExit().getCode()).isEqualTo(137);
    assertForgotten();
  }

  @Test
  void aRunningContainerIsKilledAndDeleted() throws Exception {
    create();
    start();
    call(delete(id));
    assertThat(nextExit().getCode()).isEqualTo(137);
    assertForgotten();
  }

  @Test
  void anExitedContainerIsDeletedWithItsExit() throws Exception {
    create();
    start();
    end(record.sandbox(), id, 0);
    nextExit();
    call(delete(id));
    assertThat(exits).isEmpty();
    assertForgotten();
  }

  private void assertForgotten() {
    assertThat(state()).isEmpty();
    assertThat(processes().getExitsList()).isEmpty();
    assertRefused(FailureKind.NOT_FOUND, () -> call(delete(id)));
  }

  @Test
  void aClosedSandboxIsGone() throws Exception {
    create();
    start();
    CountDownLatch gone = new CountDownLatch(1);
    GuestAgent agent = world.agent();
    agent.onGone(gone::countDown);
    call(Request.newBuilder().setCloseSandbox(CloseSandbox.getDefaultInstance()));
    assertThat(nextExit().getCode()).isEqualTo(137);
    assertThat(gone.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertRefused(FailureKind.UNAVAILABLE, () -> call(start(id)));
    await().atMost(LIMIT).untilAsserted(() -> assertThat(kind().adopt(record)).isEmpty());
    CountDownLatch late = new CountDownLatch(1);
    agent.onGone(late::countDown);
    assertThat(late.getCount()).as("told at once").isZero();
  }
}
