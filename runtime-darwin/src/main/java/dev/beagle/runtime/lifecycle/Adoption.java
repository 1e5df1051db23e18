package dev.beagle.runtime.lifecycle;

import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.world.World;
import dev.beagle.time.Backoff;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the world of one sandbox from an earlier daemon. Only an agent that is certainly dead
 * ends its sandbox. One that cannot be asked just now (no descriptor left, no memory, an overloaded
 * host, a protocol of another version) is asked again until it answers or the sandbox is stopped;
 * until then the pod is shown as it was recorded, and calls that need its agent are UNAVAILABLE.
 */
final class Adoption {
  private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(20);
  private static final Backoff FIRST = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final LocalSandbox sandbox;
  private final boolean complete;

  /**
   * @param complete whether every record could be read: then containers without one are nobody's
   */
  Adoption(LocalSandbox sandbox, boolean complete) {
    this.sandbox = sandbox;
    this.complete = complete;
  }

  /**
   * Goes on in a thread of its own.
   *
   * @return counted down once it is settled, or once an attempt settled nothing
   */
  CountDownLatch begin() {
    CountDownLatch tried = new CountDownLatch(1);
    LaterWork later = sandbox.later();
    later.start(
        "adopt-" + sandbox.id().shortForm(),
        () -> {
          boolean settled = false;
          try {
            settled = settle();
            if (settled) {
              sandbox.adopted();
            }
          } finally {
            tried.countDown();
          }
          if (!settled) {
            later.until(FIRST, this::settle);
            sandbox.adopted();
          }
        });
    return tried;
  }

  /** True when there is nothing more to ask. */
  private boolean settle() {
    if (sandbox.awaited().isEmpty()) {
      return true;
    }
    try {
      Optional<World> world = sandbox.sandboxKind().adopt(sandbox.record().world());
      sandbox.exclusively(() -> take(world));
      return true;
    } catch (RuntimeException failure) {
      // Whatever it is, it is no proof that the agent is dead.
      sandbox.awaitAgent(String.valueOf(failure.getMessage()));
    } catch (OutOfMemoryError error) {
      // Ours, not the agent's: no reason to end a pod.
      sandbox.awaitAgent("this daemon is out of memory: " + error.getMessage());
    }
    return false;
  }

  private void take(Optional<World> world) {
    if (sandbox.awaited().isEmpty()) {
      // Stopped meanwhile: the agent was killed.
      world.ifPresent(World::close);
    } else if (world.isEmpty()) {
      try {
        String reason = sandbox.sandboxKind().endReason(sandbox.record().world());
        LOG.error("sandbox {}: {}; ending the sandbox", sandbox.id(), reason);
        sandbox.end().endWorld(reason);
      } catch (RuntimeException failure) {
        LOG.error("sandbox {}: {}; a stop tries again", sandbox.id(), failure.getMessage());
      }
    } else {
      try {
        compare(world.get());
      } catch (RuntimeException | OutOfMemoryError unsettled) {
        world.get().close();
        throw unsettled;
      }
      // Exits that nobody acknowledged come again, now that the states are right.
      sandbox.inhabit(world.get());
      LOG.info("sandbox {} adopted", sandbox.id());
    }
  }

  private void compare(World world) {
    ProcessList processes =
        world
            .agent()
            .call(
                Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()),
                CALL_LIMIT)
            .getProcesses();
    Map<String, ContainerProcess> running = new HashMap<>();
    for (ContainerProcess process : processes.getContainersList()) {
      running.put(process.getContainer(), process);
      if (complete && sandbox.findContainer(new ContainerId(process.getContainer())).isEmpty()) {
        world
            .agent()
            .call(
                Request.newBuilder()
                    .setDeleteContainer(
                        DeleteContainer.newBuilder().setContainer(process.getContainer())),
                CALL_LIMIT);
      }
    }
    for (LocalContainer container : sandbox.allContainers()) {
      ContainerProcess process = running.get(container.id().value());
      if (process == null) {
        container.life().lost("its guest agent does not know it any more");
      } else if (process.getState() != ContainerProcess.State.CREATED) {
        container.life().running(LocalContainer.instant(process.getStartedAt()), process.getPid());
      }
    }
  }

  /** Undoes what was being made and goes on with what was being removed. */
  static void finishContainers(LocalSandbox sandbox) {
    for (LocalContainer container : sandbox.allContainers()) {
      ContainerRecord record = container.record();
      if (record.phase() != Phase.KEPT) {
        LOG.info("container {} was {}: removed", record.id(), record.phase());
        container.remove();
      }
    }
  }
}
