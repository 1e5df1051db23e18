package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.state.RecordStore.Stored;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the sandboxes of an earlier daemon: adopts those whose agent may live, ends and
 * reports those that are gone, undoes what was being made, finishes what was being removed.
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
      sandbox.exclusively(
          () -> sandbox.end().endWorld("the daemon stopped while it was being made"));
      sandbox.remove();
      return;
    }
    boolean sameBoot = record.bootId().equals(environment.bootId());
    if (sameBoot && record.state() instanceof SandboxState.Ready) {
      new Adoption(sandbox, complete).begin();
    } else {
      sandbox.exclusively(() -> sandbox.end().endWorld(reasonWithoutWorld(record)));
    }
    if (!sandbox.awaitsAgent()) {
      Adoption.finishContainers(sandbox);
    }
  }

  private static String reasonWithoutWorld(SandboxRecord record) {
    return record.state() instanceof SandboxState.NotReady(String reason)
        ? reason
        : "the machine was restarted";
  }
}
