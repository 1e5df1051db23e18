package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.Exited;
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
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.world.World;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container on a world. Work that changes what exists holds the sandbox's lock; a change of state
 * is one short step under this object's monitor, so that an exit never waits for a call in
 * progress; it is written down before anybody is told, or as soon as the disk lets us.
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

  private static final int START_ERROR_CODE = 128;
  private static final int UNKNOWN_CODE = 255;

  private final LocalSandbox sandbox;
  private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
  private volatile ContainerRecord record;
  private boolean deleted;

  LocalContainer(LocalSandbox sandbox, ContainerRecord record) {
    this.sandbox = sandbox;
    this.record = record;
    if (record.state() instanceof ContainerState.Exited exited) {
      exit.complete(exited.status());
    }
  }

  ContainerRecord record() {
    return record;
  }

  @Override
  public ContainerId id() {
    return record.id();
  }

  @Override
  public SandboxId sandboxId() {
    return record.sandbox();
  }

  @Override
  public ContainerSpec spec() {
    return record.spec();
  }

  @Override
  public ResolvedProcess process() {
    return record.process();
  }

  @Override
  public ContainerState state() {
    return record.state();
  }

  @Override
  public Instant createdAt() {
    return record.createdAt();
  }

  @Override
  public Optional<String> logPath() {
    return Optional.of(record.logPath()).filter(path -> !path.isEmpty());
  }

  /** It is made: from now on a successor keeps it. */
  synchronized void kept() {
    ContainerRecord next = record.with(Phase.KEPT);
    sandbox.environment().records().write(next);
    record = next;
  }

  /** A successor goes on with the removal, unless the disk is full: then its client has to. */
  synchronized void removing() {
    record = record.with(Phase.REMOVING);
    try {
      writeRecord();
    } catch (Failure failure) {
      LOG.warn("container {} is removed without a note of it: {}", id(), failure.reason());
    }
  }

  /**
   * Writes down how it is, now or when the disk lets us: what it tells has happened.
   *
   * @param then once it is written
   */
  private void keepRecord(Runnable then) {
    sandbox
        .environment()
        .lateWrites()
        .write("the record of container " + id(), this::writeRecord, then);
  }

  /** An exit that is told late must not bring a deleted record back. */
  private synchronized void writeRecord() {
    if (!deleted) {
      sandbox.environment().records().write(record);
    }
  }

  synchronized void deleteRecord() {
    sandbox.environment().records().delete(record.sandbox(), record.id());
    deleted = true;
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
        running(instant(started.getAt()), started.getPid());
      } catch (Failure failure) {
        startFailed(failure);
        throw failure;
      }
    });
  }

  /** The exit of a short process may have come first. */
  void running(Instant since, long pid) {
    synchronized (this) {
      if (state() instanceof ContainerState.Created) {
        record = record.with(new ContainerState.Running(since, pid));
      } else if (state() instanceof ContainerState.Exited exited && exited.startedAt().isEmpty()) {
        record =
            record.with(
                new ContainerState.Exited(
                    Optional.of(since),
                    exited.at(),
                    exited.status(),
                    exited.reason(),
                    exited.message()));
      } else {
        return;
      }
    }
    keepRecord(() -> {});
  }

  private void startFailed(Failure failure) {
    if (state() instanceof ContainerState.Created) {
      end(
          sandbox.environment().time().now(),
          new ExitStatus(START_ERROR_CODE, false),
          "StartError",
          failure.reason(),
          () -> {});
    }
  }

  /** The agent's word that the process has ended; it is acknowledged once that is written down. */
  void exited(Exited event) {
    ExitStatus status = new ExitStatus(event.getCode() & 0xff, event.getOomKilled());
    String reason = status.oomKilled() ? "OOMKilled" : status.code() == 0 ? "Completed" : "Error";
    end(
        instant(event.getAt()),
        status,
        reason,
        "",
        () ->
            sandbox.acknowledge(
                AcknowledgeExit.newBuilder().setContainer(event.getContainer()).build()));
  }

  /** The world went away and nobody can say how the process ended. */
  void lost() {
    if (state() instanceof ContainerState.Running) {
      end(
          sandbox.environment().time().now(),
          new ExitStatus(UNKNOWN_CODE, false),
          "Unknown",
          "the container's sandbox is gone",
          () -> {});
    }
  }

  private void end(Instant at, ExitStatus status, String reason, String message, Runnable written) {
    synchronized (this) {
      Optional<Instant> since =
          state() instanceof ContainerState.Running running
              ? Optional.of(running.since())
              : Optional.empty();
      // Said again after a reconnect: the first word stands.
      if (!(state() instanceof ContainerState.Exited)) {
        record = record.with(new ContainerState.Exited(since, at, status, reason, message));
        LOG.info(
            "container {} ({}) of pod {} ended: {}, exit code {}",
            id().shortForm(),
            spec().name().name(),
            sandbox.spec().name().name(),
            reason,
            status.code());
      }
    }
    try {
      keepRecord(written);
    } finally {
      exit.complete(status);
    }
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
      signal(world.get(), record.process().stopSignal(), false);
      if (awaitExit(grace)) {
        return;
      }
    }
    signal(world.get(), Signals.SIGKILL, true);
    if (!awaitExit(KILL_LIMIT)) {
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

  private boolean awaitExit(Duration limit) {
    try {
      exit.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while container " + id() + " was stopping");
    }
  }

  @Override
  public ExitStatus await() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
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
    if (record.logPath().isEmpty()) {
      throw Failure.wrongState("container " + id() + " has no log");
    }
    World world = sandbox.readyWorld();
    String log = world.openLog(Path.of(record.logPath()));
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
