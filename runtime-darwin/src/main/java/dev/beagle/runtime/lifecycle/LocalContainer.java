package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.ReopenLog;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Signal;
import dev.beagle.runtime.guest.wire.StartContainer;
import dev.beagle.runtime.guest.wire.Started;
import dev.beagle.runtime.guest.wire.Usage;
import dev.beagle.runtime.oci.Signals;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ContainerUsage;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.world.World;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container on a world: what can be asked of it. Work that changes what exists holds the
 * sandbox's lock; its state is {@link ContainerLife}'s.
 */
final class LocalContainer implements Container {
  static final Duration CALL_LIMIT = Duration.ofMinutes(2);

  private static final Logger LOG = LoggerFactory.getLogger(LocalContainer.class);

  /** An agent that takes longer for a signal is not going to answer. */
  private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(5);

  /** Statistics are asked for every few seconds: late ones are of no use. */
  private static final Duration USAGE_LIMIT = Duration.ofSeconds(2);

  /** How long a SIGKILL may take to show. */
  private static final Duration KILL_LIMIT = Duration.ofSeconds(30);

  private final LocalSandbox sandbox;
  private final ContainerLife life;

  LocalContainer(LocalSandbox sandbox, ContainerRecord record) {
    this.sandbox = sandbox;
    this.life = new ContainerLife(sandbox, record);
  }

  /** Its state and what is written down of it. */
  ContainerLife life() {
    return life;
  }

  ContainerRecord record() {
    return life.record();
  }

  @Override
  public ContainerId id() {
    return record().id();
  }

  @Override
  public SandboxId sandboxId() {
    return record().sandbox();
  }

  @Override
  public ContainerSpec spec() {
    return record().spec();
  }

  @Override
  public ResolvedProcess process() {
    return record().process();
  }

  @Override
  public ContainerState state() {
    return record().state();
  }

  @Override
  public Instant createdAt() {
    return record().createdAt();
  }

  @Override
  public Optional<String> logPath() {
    return Optional.of(record().logPath()).filter(path -> !path.isEmpty());
  }

  @Override
  public void start() {
    sandbox.exclusively(() -> {
      World world = sandbox.readyWorld();
      if (!(state() instanceof ContainerState.Created)) {
        throw Failure.wrongState(
            "container " + id() + " is " + describe(state()) + ", only a created one starts");
      }
      try {
        Started started =
            world
                .agent()
                .call(
                    Request.newBuilder()
                        .setStartContainer(StartContainer.newBuilder().setContainer(id().value())),
                    CALL_LIMIT)
                .getStarted();
        life.running(instant(started.getAt()), started.getPid());
      } catch (Failure failure) {
        life.startFailed(failure);
        if (givenUp(failure)) {
          // The agent may still do it: then nobody would know of the process.
          sandbox.killLater(Signal.newBuilder().setContainer(id().value()).setAll(true));
        }
        throw failure;
      }
    });
  }

  /** Whether the agent has the request and its answer was not waited for. */
  static boolean givenUp(Failure failure) {
    return failure.kind() == FailureKind.TIMED_OUT || failure.kind() == FailureKind.CANCELLED;
  }

  @Override
  public void stop(Duration grace) {
    if (!(state() instanceof ContainerState.Running)) {
      return;
    }
    Optional<World> world = sandbox.liveWorld();
    if (world.isEmpty()) {
      sandbox.requireAnswer();
      return;
    }
    if (grace.isPositive()) {
      signal(world.get(), record().process().stopSignal(), false);
      if (life.awaitExit(grace)) {
        return;
      }
    }
    signal(world.get(), Signals.SIGKILL, true);
    if (!life.awaitExit(KILL_LIMIT)) {
      throw Failure.timedOut("container " + id() + " does not die of SIGKILL");
    }
  }

  private void signal(World world, int number, boolean all) {
    Signal.Builder signal =
        Signal.newBuilder().setContainer(id().value()).setSignal(number).setAll(all);
    try {
      world.agent().call(Request.newBuilder().setSignal(signal), SIGNAL_LIMIT);
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.TIMED_OUT) {
        throw failure;
      }
      // It ended by itself in the meantime, or its world did.
      LOG.debug("signal {} to container {}: {}", number, id(), failure.reason());
    }
  }

  @Override
  public ExitStatus await() throws InterruptedException {
    return life.await();
  }

  @Override
  public ContainerProcess exec(ExecSpec spec) {
    requireRunning();
    return sandbox.streams().exec(this, spec);
  }

  @Override
  public ContainerProcess attach(boolean stdin, boolean stdout, boolean stderr) {
    if (!(state() instanceof ContainerState.Created)) {
      requireRunning();
    }
    return sandbox.streams().attach(this, stdin, stdout, stderr);
  }

  @Override
  public void reopenLog() {
    requireRunning();
    if (record().logPath().isEmpty()) {
      throw Failure.wrongState("container " + id() + " has no log");
    }
    World world = sandbox.readyWorld();
    String log = world.openLog(Path.of(record().logPath()));
    world
        .agent()
        .call(
            Request.newBuilder()
                .setReopenLog(ReopenLog.newBuilder().setContainer(id().value()).setLog(log)),
            CALL_LIMIT);
  }

  private void requireRunning() {
    if (!(state() instanceof ContainerState.Running)) {
      throw Failure.wrongState("container " + id() + " is " + describe(state()) + ", not running");
    }
  }

  @Override
  public Optional<ContainerUsage> usage() {
    Optional<World> world = sandbox.liveWorld();
    if (world.isEmpty() || !(state() instanceof ContainerState.Running)) {
      return Optional.empty();
    }
    return world
        .get()
        .agent()
        .call(
            Request.newBuilder().setUsage(Usage.newBuilder().addContainers(id().value())),
            USAGE_LIMIT)
        .getUsage()
        .getContainersList()
        .stream()
        .map(LocalContainer::usageOf)
        .findFirst();
  }

  private static ContainerUsage usageOf(dev.beagle.runtime.guest.wire.ContainerUsage usage) {
    return new ContainerUsage(
        instant(usage.getAt()),
        usage.getCpuNanos(),
        usage.getMemoryBytes(),
        usage.getWorkingSetBytes(),
        usage.getRssBytes(),
        usage.getPageFaults(),
        usage.getMajorPageFaults(),
        usage.getMemoryLimitBytes(),
        usage.getProcesses());
  }

  @Override
  public void remove() {
    stop(Duration.ZERO);
    sandbox.removeContainer(this);
  }

  static String describe(ContainerState state) {
    return switch (state) {
      case ContainerState.Created() -> "created";
      case ContainerState.Running _ -> "running";
      case ContainerState.Exited _ -> "exited";
    };
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }
}
