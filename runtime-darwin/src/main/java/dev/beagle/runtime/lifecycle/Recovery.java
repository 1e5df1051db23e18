package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.state.RecordStore.Stored;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
  private final Duration patience;
  private final Map<LocalSandbox, CountDownLatch> adoptions = new ConcurrentHashMap<>();
  private volatile boolean complete;

  /**
   * @param patience how long agents that do not answer are waited for, together
   */
  Recovery(
      PodEnvironment environment,
      Function<String, SandboxKind> kinds,
      BiFunction<SandboxKind, SandboxRecord, LocalSandbox> enter,
      Duration patience) {
    this.environment = environment;
    this.kinds = kinds;
    this.enter = enter;
    this.patience = patience;
  }

  /**
   * Does it.
   *
   * @return what was found and could not be recovered: it must not be touched
   */
  Outcome run() {
    RecordStore.Loaded loaded = environment.records().load();
    complete = loaded.complete();
    // All are known before any is ended: what one of them lets go of another may be using.
    Map<Stored, LocalSandbox> entered = new LinkedHashMap<>();
    Set<Stored> left = ConcurrentHashMap.newKeySet();
    for (Stored stored : loaded.sandboxes()) {
      orLeave(stored, left, () -> entered.put(stored, enter(stored)));
    }
    List<Callable<Boolean>> tasks = new ArrayList<>();
    entered.forEach(
        (stored, sandbox) -> tasks.add(() -> orLeave(stored, left, () -> recover(sandbox))));
    Tasks.all(tasks);
    awaitAdoptions();
    return new Outcome(List.copyOf(left), complete);
  }

  /**
   * How it went.
   *
   * @param left recorded and not recovered
   * @param complete whether every record could be read
   */
  record Outcome(List<Stored> left, boolean complete) {}

  /** One sandbox that cannot be recovered, for whatever reason, costs no other. */
  private static boolean orLeave(Stored stored, Set<Stored> left, Runnable work) {
    try {
      work.run();
      return true;
    } catch (Failure failure) {
      LOG.error("sandbox {} is not recovered: {}", stored.sandbox().id(), failure.reason());
    } catch (RuntimeException defect) {
      LOG.error("sandbox {} is not recovered", stored.sandbox().id(), defect);
    }
    left.add(stored);
    return false;
  }

  private LocalSandbox enter(Stored stored) {
    SandboxRecord record = stored.sandbox();
    LocalSandbox sandbox = enter.apply(kinds.apply(record.kind()), record);
    stored.containers().forEach(each -> sandbox.add(new LocalContainer(sandbox, each)));
    return sandbox;
  }

  private void recover(LocalSandbox sandbox) {
    SandboxRecord record = sandbox.record();
    if (record.state() instanceof SandboxState.Starting) {
      LOG.info("sandbox {} was being made: undone", record.id());
      sandbox.exclusively(
          () -> sandbox.end().endWorld("the daemon stopped while it was being made"));
      sandbox.remove();
      return;
    }
    boolean sameBoot = record.bootId().equals(environment.bootId());
    if (sameBoot && record.state() instanceof SandboxState.Ready) {
      adoptions.put(sandbox, new Adoption(sandbox, complete).begin());
    } else {
      sandbox.exclusively(() -> sandbox.end().endWorld(reasonWithoutWorld(record)));
      Adoption.finishContainers(sandbox);
    }
  }

  /** All are asked at once; who hangs delays the start by what is left of the patience. */
  private void awaitAdoptions() {
    Deadline deadline = Deadline.after(environment.time(), patience);
    adoptions.forEach((sandbox, tried) -> {
      try {
        if (!tried.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
          LOG.debug("sandbox {} is not waited for", sandbox.id());
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw Failure.cancelled("interrupted while agents were asked");
      }
      sandbox
          .awaited()
          .ifPresent(awaited ->
              LOG.warn(
                  "sandbox {} of pod {}: its guest agent was not reached ({}); the pod goes on, and"
                      + " is adopted as soon as the agent answers",
                  sandbox.id(),
                  sandbox.spec().name(),
                  awaited.reason()));
    });
  }

  private static String reasonWithoutWorld(SandboxRecord record) {
    return record.state() instanceof SandboxState.NotReady(String reason)
        ? reason
        : "the host was restarted";
  }
}
