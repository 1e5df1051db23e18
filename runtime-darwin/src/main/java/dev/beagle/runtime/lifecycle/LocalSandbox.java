package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Signal;
import dev.beagle.runtime.oci.ContainerConfig;
import dev.beagle.runtime.oci.Signals;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.time.Backoff;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox on a world. One lock per sandbox: whoever changes what exists holds it; it is never
 * held while waiting for a process to end. How it ends is {@link SandboxEnd}'s.
 */
final class LocalSandbox implements Sandbox {
  private static final Backoff KILL_RETRY =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(10));
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(LocalSandbox.class);

  /** A client may try a container that cannot be made for days. */
  private static final int MOST_UNDONE = 256;

  private final PodEnvironment environment;
  private final LaterWork later;
  private final Trash trash;
  private final SandboxKind kind;
  private final Runnable onRelease;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<ContainerId, LocalContainer> containers = new ConcurrentHashMap<>();
  private final WorldStreams streams = new WorldStreams(this);
  private final SandboxEnd end = new SandboxEnd(this);
  private final Set<ContainerId> undone = new LinkedHashSet<>();
  private volatile SandboxRecord record;
  private volatile Reach reach;

  LocalSandbox(
      PodEnvironment environment,
      LaterWork later,
      Trash trash,
      SandboxKind kind,
      SandboxRecord record,
      Runnable onRelease) {
    this.environment = environment;
    this.later = later;
    this.trash = trash;
    this.kind = kind;
    this.record = record;
    this.onRelease = onRelease;
    this.reach =
        record.state() instanceof SandboxState.Ready
            ? new Reach.Awaited("it has not answered yet")
            : new Reach.Absent();
  }

  PodEnvironment environment() {
    return environment;
  }

  /** What a container wrote is out of the way when this returns; its room comes later. */
  void throwAwayFilesOf(ContainerId container) {
    trash.add(environment.containerFolder().resolve(container.value()));
  }

  /**
   * Ends what the agent was asked to start and did not answer for in time, when it answers again.
   *
   * @param what without the number of the signal
   */
  void killLater(Signal.Builder what) {
    Request.Builder kill = Request.newBuilder().setSignal(what.setSignal(Signals.SIGKILL));
    later.start("kill-" + id().shortForm(), () -> later.until(KILL_RETRY, () -> killed(kill)));
  }

  private boolean killed(Request.Builder kill) {
    Optional<World> world = liveWorld();
    if (world.isEmpty()) {
      return true; // It has ended with all in it.
    }
    try {
      world.get().agent().call(kill.clone(), KILL_LIMIT);
      return true;
    } catch (Failure failure) {
      // A process that is being started (WRONG_STATE) is there in a moment.
      return failure.kind() == FailureKind.NOT_FOUND;
    }
  }

  LaterWork later() {
    return later;
  }

  LateWrites lateWrites() {
    return new LateWrites(later);
  }

  SandboxKind sandboxKind() {
    return kind;
  }

  WorldStreams streams() {
    return streams;
  }

  SandboxRecord record() {
    return record;
  }

  @Override
  public SandboxId id() {
    return record.id();
  }

  @Override
  public SandboxSpec spec() {
    return record.spec();
  }

  @Override
  public String kind() {
    return record.kind();
  }

  @Override
  public SandboxState state() {
    return record.state();
  }

  @Override
  public Instant createdAt() {
    return record.createdAt();
  }

  @Override
  public List<Container> containers() {
    return List.copyOf(localContainers());
  }

  /** Those that a client may see. */
  Collection<LocalContainer> localContainers() {
    return containers.values().stream()
        .filter(container -> container.record().phase() != Phase.CREATING)
        .sorted(Comparator.comparing(LocalContainer::createdAt))
        .toList();
  }

  /** Also those that are being made. */
  Collection<LocalContainer> allContainers() {
    return List.copyOf(containers.values());
  }

  Optional<LocalContainer> findContainer(ContainerId id) {
    return Optional.ofNullable(containers.get(id));
  }

  void forget(ContainerId id) {
    containers.remove(id);
  }

  /**
   * The making of a container failed after the OCI runtime was called, which may have died or still
   * be at work: what it makes of the container in the end goes with the world. Caller holds the
   * lock.
   */
  void undone(ContainerId id) {
    undone.add(id);
    if (undone.size() > MOST_UNDONE) {
      undone.remove(undone.iterator().next());
    }
  }

  /** Ids of all that may have left something in the world. Caller holds the lock. */
  Set<String> traces() {
    return Stream.concat(containers.keySet().stream(), undone.stream())
        .map(ContainerId::value)
        .collect(Collectors.toUnmodifiableSet());
  }

  void exclusively(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The first world of this sandbox, opened. The record is written before the state shows.
   *
   * @throws Failure UNAVAILABLE when it has ended already
   */
  void begin(World started, SandboxState.Ready ready) {
    exclusively(() -> {
      inhabit(started);
      if (!(reach instanceof Reach.Reached)) {
        throw Failure.unavailable("the guest agent of sandbox " + id() + " died at once");
      }
      SandboxRecord next = record.with(ready);
      environment.records().write(next);
      record = next;
    });
  }

  /** From now on exits and the world's own end are ours to handle. */
  void inhabit(World started) {
    reach = new Reach.Reached(started);
    started.agent().onExit(this::exited);
    started.agent().onGone(this::worldGone);
  }

  /** Its agent, which may well be alive, was not reached; nothing where nobody waits for it. */
  void awaitAgent(String reason) {
    exclusively(() -> {
      if (reach instanceof Reach.Awaited) {
        reach = new Reach.Awaited(reason);
      }
    });
  }

  /** Whether there is an agent to be reached still, and why it was not. */
  Optional<Reach.Awaited> awaited() {
    return reach instanceof Reach.Awaited awaited ? Optional.of(awaited) : Optional.empty();
  }

  /** After an adoption: what could not be done without the agent. */
  void adopted() {
    try {
      Adoption.finishContainers(this);
    } catch (RuntimeException failure) {
      LOG.error("sandbox {}: {}", id(), failure.getMessage());
    }
    onRelease.run();
  }

  /**
   * @throws Failure UNAVAILABLE while nobody knows whether the agent lives
   */
  void requireAnswer() {
    if (reach instanceof Reach.Awaited(String reason)) {
      throw unreached(reason);
    }
  }

  private Failure unreached(String reason) {
    return Failure.unavailable(
        "sandbox %s runs, but its guest agent was not reached (%s): it is asked again, and a stop"
                .formatted(id(), reason)
            + " of the sandbox ends it by force");
  }

  World readyWorld() {
    Reach current = reach;
    if (!(state() instanceof SandboxState.Ready)) {
      throw Failure.wrongState("sandbox " + id() + " is not ready");
    }
    return switch (current) {
      case Reach.Reached(World world) -> world;
      case Reach.Awaited(String reason) -> throw unreached(reason);
      case Reach.Absent() -> throw Failure.wrongState("sandbox " + id() + " is not ready");
    };
  }

  /** No world from now on. Caller holds the lock and sees to what runs. */
  Optional<World> leaveWorld(String reason) {
    Optional<World> current = liveWorld();
    record = record.with(new SandboxState.NotReady(reason));
    reach = new Reach.Absent();
    return current;
  }

  /** Writes down how it is, now or when the disk lets us. */
  void keepRecord() {
    lateWrites()
        .write("the record of sandbox " + id(), () -> exclusively(this::writeRecord), () -> {});
  }

  private void writeRecord() {
    if (!(state() instanceof SandboxState.Removed)) {
      environment.records().write(record);
    }
  }

  /** Its record is deleted. Caller holds the lock. */
  void removed() {
    record = record.with(new SandboxState.Removed());
  }

  SandboxEnd end() {
    return end;
  }

  /** Whether containers may be using its layers. */
  boolean mayRun() {
    return !(reach instanceof Reach.Absent) || state() instanceof SandboxState.Ready;
  }

  /** The world while there is one, also of a sandbox that is being stopped. */
  Optional<World> liveWorld() {
    return reach instanceof Reach.Reached(World world) ? Optional.of(world) : Optional.empty();
  }

  private void exited(Exited event) {
    try {
      handleExit(event);
    } catch (RuntimeException failure) {
      // Not acknowledged: the agent tells it again to the next connection.
      LOG.error("exit of container {}: {}", event.getContainer(), failure.getMessage());
    }
  }

  private void handleExit(Exited event) {
    if (!event.getExec().isEmpty()) {
      streams.exited(event);
      return;
    }
    LocalContainer container = containers.get(new ContainerId(event.getContainer()));
    if (container == null) {
      acknowledge(AcknowledgeExit.newBuilder().setContainer(event.getContainer()).build());
    } else {
      container.life().exited(event);
    }
  }

  void acknowledge(AcknowledgeExit acknowledgement) {
    if (!(reach instanceof Reach.Reached(World world))) {
      return;
    }
    try {
      world
          .agent()
          .call(
              Request.newBuilder().setAcknowledgeExit(acknowledgement), LocalContainer.CALL_LIMIT);
    } catch (Failure failure) {
      LOG.debug("acknowledging an exit of sandbox {}: {}", id(), failure.reason());
    }
  }

  /** The agent died under us: nothing of the sandbox may live on unseen. */
  private void worldGone() {
    exclusively(() -> {
      if (!(reach instanceof Reach.Reached(World world))) {
        return;
      }
      String reason = world.endReason();
      LOG.error("sandbox {}: {}; ending the sandbox", id(), reason);
      try {
        end.endWorld(reason);
      } catch (RuntimeException failure) {
        LOG.error("sandbox {}: {}; a stop tries again", id(), failure.getMessage());
      }
    });
    onRelease.run();
  }

  @Override
  public Container createContainer(ContainerSpec spec) {
    lock.lock();
    try {
      for (LocalContainer existing : containers.values()) {
        if (existing.spec().name().equals(spec.name())) {
          return existing;
        }
      }
      return new ContainerCreation(this, readyWorld(), spec).run();
    } finally {
      lock.unlock();
    }
  }

  void add(LocalContainer container) {
    containers.put(container.id(), container);
  }

  byte[] execJson(LocalContainer container, ExecSpec exec) {
    return new ContainerConfig(
            container.id(),
            spec(),
            container.spec(),
            container.process(),
            List.of(),
            "",
            0,
            kind.traits())
        .execJson(exec);
  }

  @Override
  public ByteChannel connect(int port) {
    return streams.connect(port);
  }

  @Override
  public void ping(Duration limit) {
    switch (reach) {
      case Reach.Reached(World world) -> world.agent().ping(limit);
      case Reach.Awaited(String reason) ->
          throw Failure.unavailable("not reached since the daemon started: " + reason);
      case Reach.Absent() -> LOG.debug("sandbox {} has ended", id());
    }
  }

  @Override
  public void stop(Duration grace) {
    end.stop(grace);
    onRelease.run();
  }

  @Override
  public void remove() {
    end.remove();
    onRelease.run();
  }

  void removeContainer(LocalContainer container) {
    end.removeContainer(container);
    onRelease.run();
  }
}
