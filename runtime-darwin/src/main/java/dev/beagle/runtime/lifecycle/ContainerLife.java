package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.stdio.ExitStatus;
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
 * The states of one container and their record. A change is one short step under this object's
 * monitor, so that an exit never waits for a call in progress; it is written down before anybody is
 * told, or as soon as the disk lets us. Thread-safe.
 */
final class ContainerLife {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLife.class);
  private static final int START_ERROR_CODE = 128;
  private static final int UNKNOWN_CODE = 255;

  private final LocalSandbox sandbox;
  private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
  private volatile ContainerRecord record;
  private boolean deleted;

  ContainerLife(LocalSandbox sandbox, ContainerRecord record) {
    this.sandbox = sandbox;
    this.record = record;
    if (record.state() instanceof ContainerState.Exited exited) {
      exit.complete(exited.status());
    }
  }

  ContainerRecord record() {
    return record;
  }

  private ContainerState state() {
    return record.state();
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
      LOG.warn("container {} is removed without a note of it: {}", record.id(), failure.reason());
    }
  }

  /**
   * Writes down how it is, now or when the disk lets us: what it tells has happened.
   *
   * @param then once it is written
   */
  private void keepRecord(Runnable then) {
    sandbox.lateWrites().write("the record of container " + record.id(), this::writeRecord, then);
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

  /** Unless its process came to be all the same and told of itself first. */
  void startFailed(Failure failure) {
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
        LocalContainer.instant(event.getAt()),
        status,
        reason,
        "",
        () ->
            sandbox.acknowledge(
                AcknowledgeExit.newBuilder().setContainer(event.getContainer()).build()));
  }

  /**
   * The world went away and nobody can say how the process ended.
   *
   * @param why what became of the world
   */
  void lost(String why) {
    if (state() instanceof ContainerState.Running) {
      end(
          sandbox.environment().time().now(),
          new ExitStatus(UNKNOWN_CODE, false),
          "Unknown",
          "the container's sandbox is gone: " + why,
          () -> {});
    }
  }

  private void end(Instant at, ExitStatus status, String reason, String message, Runnable written) {
    ExitStatus told;
    synchronized (this) {
      // Said again after a reconnect, or by the end of the world: the first word stands.
      if (state() instanceof ContainerState.Exited exited) {
        told = exited.status();
      } else {
        Optional<Instant> since =
            state() instanceof ContainerState.Running running
                ? Optional.of(running.since())
                : Optional.empty();
        record = record.with(new ContainerState.Exited(since, at, status, reason, message));
        told = status;
        LOG.info(
            "container {} ({}) of pod {} ended: {}, exit code {}",
            record.id().shortForm(),
            record.spec().name().name(),
            sandbox.spec().name().name(),
            reason,
            status.code());
      }
    }
    try {
      keepRecord(written);
    } finally {
      exit.complete(told);
    }
  }

  ExitStatus await() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** False when it has not ended by then. */
  boolean awaitExit(Duration limit) {
    try {
      exit.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while container " + record.id() + " was stopping");
    }
  }
}
