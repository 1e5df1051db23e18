package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Closer;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.guest.wire.CloseSandbox;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.world.World;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a sandbox and its containers end: stopped, removed, or because the world did. Each step is
 * taken whatever becomes of the others and can be taken again after any failure or crash; none
 * needs room on a disk. Changes hold the sandbox's lock.
 */
final class SandboxEnd {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxEnd.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(20);

  private final LocalSandbox sandbox;

  SandboxEnd(LocalSandbox sandbox) {
    this.sandbox = sandbox;
  }

  void stop(Duration grace) {
    boolean answers = stopContainers(grace);
    sandbox.exclusively(() -> {
      switch (sandbox.state()) {
        case SandboxState.Removed() -> LOG.debug("sandbox {} is removed already", sandbox.id());
        case SandboxState.NotReady(String reason) -> endWorld(reason);
        case SandboxState.Ready _, SandboxState.Starting _ -> {
          if (answers) {
            closeWorld();
          }
          endWorld("stopped");
        }
      }
    });
  }

  /** False when the agent is of no use: then the end of the world ends the containers. */
  private boolean stopContainers(Duration grace) {
    if (sandbox.liveWorld().isEmpty()) {
      return true;
    }
    return !Tasks.all(
            sandbox.localContainers().stream()
                .map(container -> (Callable<Boolean>) () -> stopOrLog(container, grace))
                .toList())
        .contains(false);
  }

  private boolean stopOrLog(LocalContainer container, Duration grace) {
    try {
      container.stop(grace);
      return true;
    } catch (Failure failure) {
      LOG.warn("sandbox {} is ended by force: {}", sandbox.id(), failure.reason());
      return false;
    }
  }

  /** Asks the agent to leave in order; {@link #endWorld} sees to it in any case. */
  private void closeWorld() {
    Optional<World> current = sandbox.liveWorld();
    if (current.isEmpty()) {
      return;
    }
    try {
      current
          .get()
          .agent()
          .call(
              Request.newBuilder().setCloseSandbox(CloseSandbox.getDefaultInstance()), CLOSE_LIMIT);
    } catch (Failure failure) {
      LOG.warn("sandbox {} is ended by force: {}", sandbox.id(), failure.reason());
    }
  }

  /** What follows the end of a world, however it came. Caller holds the lock. */
  void endWorld(String reason) {
    sandbox.leaveWorld(reason).ifPresent(World::close);
    sandbox.streams().lost();
    Set<String> ids = sandbox.traces();
    try (Closer steps = new Closer()) {
      steps.onClose(sandbox::keepRecord);
      if (sandbox.spec().network() != NamespaceMode.NODE) {
        steps.onClose(() -> sandbox.environment().networks().detach(sandbox.id()));
      }
      sandbox
          .allContainers()
          .forEach(container -> steps.onClose(() -> container.life().lost(reason)));
      steps.onClose(() -> sandbox.sandboxKind().discard(sandbox.record().world(), ids));
    }
  }

  /** Stops it, then removes all of it. */
  void remove() {
    stop(Duration.ZERO);
    sandbox.exclusively(() -> {
      if (sandbox.state() instanceof SandboxState.Removed) {
        return;
      }
      for (LocalContainer container : sandbox.allContainers()) {
        delete(container);
      }
      sandbox.sandboxKind().forget(sandbox.record().world());
      sandbox.environment().records().delete(sandbox.id());
      sandbox.removed();
    });
  }

  void removeContainer(LocalContainer container) {
    sandbox.exclusively(() -> {
      if (sandbox.findContainer(container.id()).isPresent()) {
        sandbox.requireAnswer();
        delete(container);
      }
    });
  }

  /** Caller holds the lock. */
  private void delete(LocalContainer container) {
    container.life().removing();
    sandbox.liveWorld().ifPresent(world -> deleteInWorld(world, container.record()));
    sandbox.throwAwayFilesOf(container.id());
    container.life().deleteRecord();
    sandbox.forget(container.id());
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
    if (!record.logPath().isEmpty()) {
      world.closeLog(Path.of(record.logPath()));
    }
    world.removeFolders(record.folders());
  }
}
