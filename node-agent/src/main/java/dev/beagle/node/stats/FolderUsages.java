package dev.beagle.node.stats;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What folders take, measured when somebody asks and the last measurement is old, on one platform
 * thread for all. A folder is walked at most every ten seconds, and less often where its walk takes
 * long, so that walking takes at most a tenth of a processor however many ask and whatever a
 * container makes of its disk. Nobody asks, nothing is walked. Thread-safe.
 */
final class FolderUsages implements AutoCloseable {
  static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(FolderUsages.class);

  /** How many times a walk's own length passes before the next one. */
  private static final int PAUSE_FACTOR = 10;

  /** Older than that is waited for. */
  private static final Duration STALE = INTERVAL.multipliedBy(2);

  private static final Duration MAX_WAIT = Duration.ofSeconds(2);
  private static final Duration FORGOTTEN = Duration.ofMinutes(10);

  private final Time time;
  private final Function<Path, FolderUsage> measure;
  private final Map<Path, Entry> entries = new HashMap<>();
  private final ExecutorService walker =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("disk-usage").daemon().factory());

  /**
   * @param measure walks a folder; NOT_FOUND where it is gone
   */
  FolderUsages(Time time, Function<Path, FolderUsage> measure) {
    this.time = time;
    this.measure = measure;
  }

  /** A measurement and its moment. */
  record Measured(Instant at, FolderUsage usage) {}

  private static final class Entry {
    @Nullable Measured latest;
    @Nullable Future<?> walk;
    long measuredNanos;
    long dueNanos;
    long askedNanos;
  }

  /**
   * The last measurement of each folder. Waits two seconds at most, and only for folders that were
   * never measured or not for a while; what has no measurement then is left out.
   */
  Map<Path, Measured> of(Collection<Path> folders) {
    Deadline deadline = Deadline.after(time, MAX_WAIT);
    for (Future<?> walk : startDue(folders)) {
      await(walk, deadline.remaining());
    }
    return latest(folders);
  }

  /** Starts what is due; returns what is worth waiting for. */
  private synchronized List<Future<?>> startDue(Collection<Path> folders) {
    long now = time.nanos();
    entries.values().removeIf(entry -> now - entry.askedNanos > FORGOTTEN.toNanos());
    List<Future<?>> awaited = new ArrayList<>();
    for (Path folder : folders) {
      Entry entry = entries.computeIfAbsent(folder, _ -> new Entry());
      entry.askedNanos = now;
      boolean first = entry.latest == null;
      if (entry.walk == null && (first || now - entry.dueNanos >= 0)) {
        entry.walk = walker.submit(() -> walk(folder, entry));
      }
      if (entry.walk != null && (first || now - entry.measuredNanos > STALE.toNanos())) {
        awaited.add(entry.walk);
      }
    }
    return awaited;
  }

  private void walk(Path folder, Entry entry) {
    long start = time.nanos();
    Instant at = time.now();
    // What cannot be measured this time shows what it was, or its owner could hide it.
    Measured measured = latest(entry);
    try {
      measured = atLeast(measured, new Measured(at, measure.apply(folder)));
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.NOT_FOUND) {
        measured = null;
      }
      LOG.atDebug().addKeyValue("reason", failure.reason()).log("folder not measured");
    } finally {
      finish(entry, measured, start);
    }
  }

  private static Measured atLeast(@Nullable Measured before, Measured now) {
    if (before == null || now.usage().complete()) {
      return now;
    }
    return now.usage().usedBytes() < before.usage().usedBytes() ? before : now;
  }

  private synchronized @Nullable Measured latest(Entry entry) {
    return entry.latest;
  }

  private synchronized void finish(Entry entry, @Nullable Measured measured, long start) {
    long now = time.nanos();
    entry.walk = null;
    entry.latest = measured;
    entry.measuredNanos = now;
    entry.dueNanos = now + Math.max(INTERVAL.toNanos(), (now - start) * PAUSE_FACTOR);
  }

  private static void await(Future<?> walk, Duration limit) {
    try {
      walk.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      // The next caller will have it.
    } catch (ExecutionException failed) {
      LOG.atError().setCause(failed.getCause()).log("a folder cannot be measured");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while disks were measured");
    }
  }

  private synchronized Map<Path, Measured> latest(Collection<Path> folders) {
    Map<Path, Measured> found = new LinkedHashMap<>();
    for (Path folder : folders) {
      Entry entry = entries.get(folder);
      if (entry != null && entry.latest != null) {
        found.put(folder, entry.latest);
      }
    }
    return found;
  }

  @Override
  public void close() {
    walker.shutdownNow();
  }
}
