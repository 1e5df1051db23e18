package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Closer;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.CloseSandbox;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.oci.ContainerConfig;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox on a world. One lock per sandbox: whoever changes what exists holds it; it is never
 * held while waiting for a process to end. The record is written before a state shows.
 */
final class LocalSandbox implements Sandbox {
  private static final Logger LOG = LoggerFactory.getLogger(LocalSandbox.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(20);

  private final PodEnvironment environment;
  private final SandboxKind kind;
  private final Runnable onRelease;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<ContainerId, LocalContainer> containers = new ConcurrentHashMap<>();
  private final WorldStreams streams = new WorldStreams(this);
  private volatile SandboxRecord record;
  private volatile @Nullable World world;

  LocalSandbox(
      PodEnvironment environment, SandboxKind kind, SandboxRecord record, Runnable onRelease) {
    this.environment = environment;
    this.kind = kind;
    this.record = record;
    this.onRelease = onRelease;
  }

  PodEnvironment environment() {
    return environment;
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

  void exclusively(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  /** Writes the state down, then shows it. */
  void become(SandboxState state) {
    record = record.with(state);
    if (!(state instanceof SandboxState.Removed)) {
      environment.records().write(record);
    }
  }

  /**
   * The first world of this sandbox, opened.
   *
   * @throws Failure UNAVAILABLE when it has ended already
   */
  void begin(World started, SandboxState.Ready ready) {
    exclusively(() -> {
      inhabit(started);
      if (world == null) {
        throw Failure.unavailable("the guest agent of sandbox " + id() + " died at once");
      }
      become(ready);
    });
  }

  /** From now on exits and the world's own end are ours to handle. */
  void inhabit(World started) {
    world = started;
    started.agent().onExit(this::exited);
    started.agent().onGone(this::worldGone);
  }

  World readyWorld() {
    World current = world;
    if (!(state() instanceof SandboxState.Ready) || current == null) {
      throw Failure.wrongState("sandbox " + id() + " is not ready");
    }
    return current;
  }

  /** The world while there is one, also of a sandbox that is being stopped. */
  Optional<World> liveWorld() {
    return Optional.ofNullable(world);
  }

  private void exited(Exited event) {
    try {
      handleExit(event);
    } catch (Failure failure) {
      // Not acknowledged: the agent tells it again to the next connection.
      LOG.error("exit of container {}: {}", event.getContainer(), failure.reason());
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
      container.exited(event);
    }
  }

  void acknowledge(AcknowledgeExit acknowledgement) {
    World current = world;
    if (current == null) {
      return;
    }
    try {
      current
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
      if (world == null) {
        return;
      }
      LOG.error("sandbox {}: its guest agent is gone, ending the sandbox", id());
      try {
        endWorld("the sandbox's guest agent died");
      } catch (Failure failure) {
        LOG.error("sandbox {}: {}; a stop tries again", id(), failure.reason());
      }
    });
    onRelease.run();
  }

  /**
   * What follows the end of a world, however it came. Each step is taken whatever becomes of the
   * others: with a full disk, too, nothing may live on unseen. Caller holds the lock.
   */
  void endWorld(String reason) {
    World current = world;
    world = null;
    record = record.with(new SandboxState.NotReady(reason));
    if (current != null) {
      current.close();
    }
    streams.lost();
    List<String> ids = containers.keySet().stream().map(ContainerId::value).toList();
    try (Closer steps = new Closer()) {
      steps.onClose(() -> environment.records().write(record));
      if (spec().network() != NamespaceMode.NODE) {
        steps.onClose(() -> environment.networks().detach(id()));
      }
      allContainers().forEach(container -> steps.onClose(container::lost));
      steps.onClose(() -> kind.discard(record.world(), ids));
    }
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
  public void stop(Duration grace) {
    boolean answers = stopContainers(grace);
    exclusively(() -> {
      switch (state()) {
        case SandboxState.Removed() -> LOG.debug("sandbox {} is removed already", id());
        case SandboxState.NotReady(String reason) -> endWorld(reason);
        case SandboxState.Ready _, SandboxState.Starting _ -> {
          if (answers) {
            closeWorld();
          }
          endWorld("stopped");
        }
      }
    });
    onRelease.run();
  }

  /** False when the agent is of no use: then the end of the world ends the containers. */
  private boolean stopContainers(Duration grace) {
    if (world == null) {
      return true;
    }
    return !Tasks.all(
            localContainers().stream()
                .map(container -> (Callable<Boolean>) () -> stopOrLog(container, grace))
                .toList())
        .contains(false);
  }

  private boolean stopOrLog(LocalContainer container, Duration grace) {
    try {
      container.stop(grace);
      return true;
    } catch (Failure failure) {
      LOG.warn("sandbox {} is ended by force: {}", id(), failure.reason());
      return false;
    }
  }

  /** Asks the agent to leave in order; {@link #endWorld} sees to it in any case. */
  private void closeWorld() {
    World current = world;
    if (current == null) {
      return;
    }
    try {
      current
          .agent()
          .call(
              Request.newBuilder().setCloseSandbox(CloseSandbox.getDefaultInstance()), CLOSE_LIMIT);
    } catch (Failure failure) {
      LOG.warn("sandbox {} is ended by force: {}", id(), failure.reason());
    }
  }

  @Override
  public void remove() {
    stop(Duration.ZERO);
    exclusively(() -> {
      if (state() instanceof SandboxState.Removed) {
        return;
      }
      for (LocalContainer container : allContainers()) {
        delete(container);
      }
      environment.records().delete(id());
      become(new SandboxState.Removed());
    });
    onRelease.run();
  }

  void removeContainer(LocalContainer container) {
    exclusively(() -> {
      if (containers.containsKey(container.id())) {
        delete(container);
      }
    });
    onRelease.run();
  }

  /** Caller holds the lock; can be taken up again after any failure or crash. */
  private void delete(LocalContainer container) {
    container.write(Phase.REMOVING);
    World current = world;
    if (current != null) {
      deleteInWorld(current, container.record());
    }
    ContainerFiles.delete(environment.containerFolder(), container.id());
    container.deleteRecord();
    containers.remove(container.id());
  }

  static void deleteInWorld(World world, ContainerRecord record) {
    try {
      world
          .agent()
          .call(
              Request.newBuilder()
                  .setDeleteContainer(
                      DeleteContainer.newBuilder().setContainer(record.id().value())),
              LocalContainer.CALL_LIMIT);
    } catch (Failure failure) {
      if (failure.kind() != FailureKind.NOT_FOUND) {
        throw failure;
      }
    }
    world.removeFolders(record.folders());
  }
}
