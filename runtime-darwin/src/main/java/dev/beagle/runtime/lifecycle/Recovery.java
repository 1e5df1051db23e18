package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.DeleteContainer;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.state.RecordStore.Stored;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the sandboxes of an earlier daemon: adopts those whose agent answers, ends and reports
 * those that are gone, undoes what was being made, finishes what was being removed.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final PodEnvironment environment;
  private final Function<String, SandboxKind> kinds;
  private final BiFunction<SandboxKind, SandboxRecord, LocalSandbox> enter;
  private volatile boolean complete;

  Recovery(
      PodEnvironment environment,
      Function<String, SandboxKind> kinds,
      BiFunction<SandboxKind, SandboxRecord, LocalSandbox> enter) {
    this.environment = environment;
    this.kinds = kinds;
    this.enter = enter;
  }

  /**
   * Does it.
   *
   * @return what was found and could not be recovered: it must not be touched
   */
  Outcome run() {
    RecordStore.Loaded loaded = environment.records().load();
    complete = loaded.complete();
    List<Callable<Boolean>> tasks =
        loaded.sandboxes().stream()
            .map(stored -> (Callable<Boolean>) () -> recoverOrLog(stored))
            .toList();
    List<Boolean> recovered = Tasks.all(tasks);
    List<Stored> left = new ArrayList<>();
    for (int i = 0; i < recovered.size(); i++) {
      if (!recovered.get(i)) {
        left.add(loaded.sandboxes().get(i));
      }
    }
    return new Outcome(left, complete);
  }

  /**
   * How it went.
   *
   * @param left recorded and not recovered
   * @param complete whether every record could be read
   */
  record Outcome(List<Stored> left, boolean complete) {}

  /** One sandbox that cannot be recovered must not keep the node from starting. */
  private boolean recoverOrLog(Stored stored) {
    try {
      recover(stored);
      return true;
    } catch (Failure failure) {
      LOG.error("sandbox {} is not recovered: {}", stored.sandbox().id(), failure.reason());
      return false;
    }
  }

  private void recover(Stored stored) {
    SandboxRecord record = stored.sandbox();
    LocalSandbox sandbox = enter.apply(kinds.apply(record.kind()), record);
    stored.containers().forEach(each -> sandbox.add(new LocalContainer(sandbox, each)));
    if (record.state() instanceof SandboxState.Starting) {
      LOG.info("sandbox {} was being made: undone", record.id());
      sandbox.exclusively(() -> sandbox.endWorld("the daemon stopped while it was being made"));
      sandbox.remove();
      return;
    }
    boolean sameBoot = record.bootId().equals(environment.bootId());
    Optional<World> world =
        sameBoot && record.state() instanceof SandboxState.Ready
            ? sandbox.sandboxKind().adopt(record.world())
            : Optional.empty();
    if (world.isPresent()) {
      adopt(sandbox, world.get());
    } else {
      sandbox.exclusively(() -> sandbox.endWorld(reasonWithoutWorld(record, sameBoot)));
    }
    finishContainers(sandbox);
  }

  private static String reasonWithoutWorld(SandboxRecord record, boolean sameBoot) {
    if (record.state() instanceof SandboxState.NotReady(String reason)) {
      return reason;
    }
    return sameBoot ? "the sandbox's guest agent died" : "the machine was restarted";
  }

  private void adopt(LocalSandbox sandbox, World world) {
    ProcessList processes =
        world
            .agent()
            .call(
                Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()),
                LocalContainer.CALL_LIMIT)
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
                LocalContainer.CALL_LIMIT);
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
    // Exits that nobody acknowledged come again, now that the states are right.
    sandbox.inhabit(world);
    LOG.info("sandbox {} adopted", sandbox.id());
  }

  private static void finishContainers(LocalSandbox sandbox) {
    for (LocalContainer container : sandbox.allContainers()) {
      ContainerRecord record = container.record();
      if (record.phase() != Phase.KEPT) {
        LOG.info("container {} was {}: removed", record.id(), record.phase());
        container.remove();
      }
    }
  }
}
