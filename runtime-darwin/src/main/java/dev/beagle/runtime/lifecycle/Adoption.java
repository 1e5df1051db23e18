package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.world.World;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final LocalSandbox sandbox;
  private final boolean complete;

  /**
   * @param complete whether every record could be read: then containers without one are nobody's
   */
  Adoption(LocalSandbox sandbox, boolean complete) {
    this.sandbox = sandbox;
    this.complete = complete;
  }

  /** Tries at once, in the caller's thread; where that settles nothing, goes on in its own. */
  void begin() {
    sandbox.awaitAgent("not asked yet");
    if (!settle()) {
      LOG.warn("sandbox {}: {}; it is asked again", sandbox.id(), sandbox.awaited());
      Thread.ofVirtual().name("adopt-" + sandbox.id().shortForm()).start(this::goOn);
    }
  }

  private void goOn() {
    try {
      Duration pause = FIRST_PAUSE;
      do {
        sandbox.environment().time().sleep(pause);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
      } while (!settle());
      sandbox.adopted();
    } catch (InterruptedException ended) {
      LOG.debug("adoption of {} ends", sandbox.id());
    }
  }

  /** True when there is nothing more to ask. */
  private boolean settle() {
    if (!sandbox.awaitsAgent()) {
      return true;
    }
    try {
      Optional<World> world = sandbox.sandboxKind().adopt(sandbox.record().world());
      sandbox.exclusively(() -> take(world));
      return true;
    } catch (Failure failure) {
      sandbox.awaitAgent(failure.reason());
    } catch (OutOfMemoryError error) {
      // Ours, not the agent's: no reason to end a pod.
      sandbox.awaitAgent("this daemon is out of memory: " + error.getMessage());
    }
    return false;
  }

  private void take(Optional<World> world) {
    if (!sandbox.awaitsAgent()) {
      // Stopped meanwhile: the agent was killed.
      world.ifPresent(World::close);
    } else if (world.isEmpty()) {
      try {
        sandbox.end().endWorld("the sandbox's guest agent died");
      } catch (Failure failure) {
        LOG.error("sandbox {}: {}; a stop tries again", sandbox.id(), failure.reason());
      }
    } else {
      try {
        compare(world.get());
      } catch (Failure | OutOfMemoryError unsettled) {
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
        container.lost();
      } else if (process.getState() != ContainerProcess.State.CREATED) {
        container.running(LocalContainer.instant(process.getStartedAt()), process.getPid());
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
