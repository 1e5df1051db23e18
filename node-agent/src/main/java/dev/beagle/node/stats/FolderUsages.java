package dev.beagle.node.stats;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.stats.Walkers.Walk;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What folders take, measured when somebody asks and the last measurement is old. A folder is
 * walked at most every ten seconds, and less often where its walk takes long, so that walking it
 * takes at most a tenth of a processor however many ask and whatever a container makes of its disk;
 * see {@link Walkers} for how folders wait for each other. Nobody asks, nothing is walked.
 * Thread-safe.
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
  private final Supplier<Duration> maxWait;
  private final Map<Path, Entry> entries = new HashMap<>();
  private final Walkers walkers;

  /**
   * @param measure walks a folder; NOT_FOUND where it is gone
   */
  FolderUsages(Time time, Function<Path, FolderUsage> measure) {
    this(time, measure, () -> MAX_WAIT);
  }

  /** For tests, which know what hangs. */
  FolderUsages(Time time, Function<Path, FolderUsage> measure, Supplier<Duration> maxWait) {
    this.time = time;
    this.measure = measure;
    this.maxWait = maxWait;
    this.walkers = new Walkers(time);
  }

  /** What is known of a folder. */
  sealed interface Known {}

  /** Nothing yet: no walk has come to its end, or none could measure. */
  record Unmeasured() implements Known {}

  /** There is no such folder: it takes nothing. */
  record Gone() implements Known {}

  /** A measurement and its moment. */
  record Measured(Instant at, FolderUsage usage) implements Known {}

  /** Whether a folder is being walked. */
  private sealed interface State {}

  /** Never walked. */
  private record New() implements State {}

  private record Walking(Walk walk) implements State {}

  /**
   * Between two walks.
   *
   * @param walkNanos how long the last one took
   */
  private record Resting(long endedNanos, long walkNanos) implements State {
    boolean due(long now) {
      long pause = Math.max(INTERVAL.toNanos(), walkNanos * PAUSE_FACTOR);
      return now - endedNanos >= pause;
    }
  }

  /**
   * What is told of a folder whose owner may change it while it is walked. One thread at a time.
   */
  private static final class Figure {
    /** So many doubtful walks in a row have to say less before less is believed. */
    private static final int DOUBTFUL_WALKS = 5;

    private final Deque<Measured> lower = new ArrayDeque<>();

    /** A walk that missed something says too little: of several the highest is nearest. */
    Known after(Known before, Measured now) {
      if (now.usage().complete()
          || !(before instanceof Measured(_, FolderUsage usage))
          || now.usage().usedBytes() >= usage.usedBytes()) {
        lower.clear();
        return now;
      }
      lower.add(now);
      if (lower.size() < DOUBTFUL_WALKS) {
        return before;
      }
      Measured highest =
          Collections.max(
              lower, Comparator.comparingLong(measured -> measured.usage().usedBytes()));
      lower.remove();
      return highest;
    }
  }

  private static final class Entry {
    private final Figure figure = new Figure();
    private State state = new New();
    private Known known = new Unmeasured();
    private long knownNanos;
    private long askedNanos;

    private boolean isOld(long now) {
      return known instanceof Unmeasured || now - knownNanos > STALE.toNanos();
    }
  }

  /**
   * What is known of each folder. Waits two seconds at most, and only for walks of folders that
   * were never measured or not for a while.
   */
  Map<Path, Known> of(Collection<Path> folders) {
    Deadline deadline = Deadline.after(time, maxWait.get());
    for (Walk walk : startDue(folders)) {
      try {
        // The next caller will have what is late.
        walk.await(deadline.remaining());
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw Failure.cancelled("interrupted while disks were measured");
      }
    }
    return known(folders);
  }

  /** Starts what is due; returns what is worth waiting for. */
  private synchronized List<Walk> startDue(Collection<Path> folders) {
    long now = time.nanos();
    entries
        .values()
        .removeIf(entry ->
            !(entry.state instanceof Walking) && now - entry.askedNanos > FORGOTTEN.toNanos());
    List<Walk> awaited = new ArrayList<>();
    for (Path folder : folders) {
      Entry entry = entries.computeIfAbsent(folder, _ -> new Entry());
      entry.askedNanos = now;
      if (entry.state instanceof New || (entry.state instanceof Resting rest && rest.due(now))) {
        long expected = entry.state instanceof Resting rest ? rest.walkNanos() : 0;
        entry.state = new Walking(walkers.submit(() -> walk(folder, entry), expected));
      }
      if (entry.state instanceof Walking(Walk walk) && entry.isOld(now)) {
        awaited.add(walk);
      }
    }
    walkers.startWaiting();
    return awaited;
  }

  private void walk(Path folder, Entry entry) {
    long start = time.nanos();
    // What cannot be measured this time shows what it was, or its owner could hide it.
    Known found = known(entry);
    try {
      found = entry.figure.after(found, new Measured(time.now(), measure.apply(folder)));
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.NOT_FOUND) {
        found = new Gone();
      }
      LOG.atDebug().addKeyValue("reason", failure.reason()).log("folder not measured");
    } catch (RuntimeException | Error defect) {
      LOG.atError().setCause(defect).log("a folder cannot be measured");
    } finally {
      finish(entry, found, start);
    }
  }

  private synchronized Known known(Entry entry) {
    return entry.known;
  }

  private synchronized void finish(Entry entry, Known found, long start) {
    long now = time.nanos();
    entry.known = found;
    entry.knownNanos = now;
    entry.state = new Resting(now, now - start);
  }

  private synchronized Map<Path, Known> known(Collection<Path> folders) {
    Map<Path, Known> found = new LinkedHashMap<>();
    for (Path folder : folders) {
      Entry entry = entries.get(folder);
      found.put(folder, entry == null ? new Unmeasured() : entry.known);
    }
    return found;
  }

  @Override
  public void close() {
    walkers.close();
  }
}
