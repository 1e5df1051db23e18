package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.time.Backoff;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What removed containers have written, on its way out. A container decides how long the deletion
 * of its files takes: so nobody waits for it. What is thrown in here is out of the way at once, by
 * one rename, and is deleted by threads of the trash's own; what is left when it is closed, or at a
 * crash, its successor deletes. Thread-safe.
 */
final class Trash implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Trash.class);

  /** More than one, so that one container's tree does not keep the room of all others. */
  private static final int THREADS = 2;

  private static final Backoff RETRY = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(10));
  private static final Duration END_LIMIT = Duration.ofSeconds(10);
  private static final int SHOWN = 200;

  /** Deletes a whole tree; nothing when it is gone already. */
  @FunctionalInterface
  interface Deletion {
    /**
     * @throws InterruptedIOException when the thread was interrupted: some of it is left
     */
    void delete(Path tree) throws IOException;
  }

  private final Path folder;
  private final Time time;
  private final Deletion deletion;
  private final LaterWork retries;
  private final Map<Path, String> undeleted = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("trash-", 0).factory());

  private Trash(Path folder, Time time, Deletion deletion) {
    this.folder = folder;
    this.time = time;
    this.deletion = deletion;
    this.retries = new LaterWork(time);
  }

  /**
   * Makes the folder where there is none, and goes on with what a predecessor left in it. Where it
   * cannot be made (a full disk) there is no trash, and what is thrown in is deleted in place.
   *
   * @param folder on the file system of what will be thrown in
   */
  static Trash open(Path folder, Time time) {
    return open(folder, time, tree -> new TreeDeletion(tree).run());
  }

  static Trash open(Path folder, Time time, Deletion deletion) {
    Trash trash = new Trash(folder, time, deletion);
    try {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (Stream<Path> left = Files.list(folder)) {
        left.toList().forEach(tree -> trash.empty(tree, RETRY));
      }
    } catch (IOException error) {
      LOG.warn("{} cannot be used, containers are deleted in place: {}", folder, error.toString());
    }
    return trash;
  }

  /**
   * Takes a tree out of the way. Where it cannot be moved (another file system, a folder without
   * room for a name), it is deleted in place.
   *
   * @param tree whose name nothing else has that is thrown in; may be gone already
   * @throws Failure where it can be neither moved nor deleted
   */
  void add(Path tree) {
    Path aside = folder.resolve(String.valueOf(tree.getFileName()));
    try {
      Files.move(tree, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException gone) {
      if (Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
        deleteInPlace(tree);
      }
      return;
    } catch (IOException unmovable) {
      LOG.debug("{} is deleted where it is: {}", tree, unmovable.getMessage());
      deleteInPlace(tree);
      return;
    }
    empty(aside, RETRY);
  }

  /** What could not be deleted at the last attempt, and why. */
  Map<Path, String> undeleted() {
    return Map.copyOf(undeleted);
  }

  private void deleteInPlace(Path tree) {
    try {
      deletion.delete(tree);
    } catch (IOException error) {
      throw Failure.internal("cannot delete " + tree + ": " + shortened(error), error);
    }
  }

  private void empty(Path tree, Backoff retry) {
    try {
      threads.execute(() -> delete(tree, retry));
    } catch (RejectedExecutionException closed) {
      LOG.debug("{} is left to the next daemon", tree);
    }
  }

  /** A tree that resists waits aside: it must not keep the others' room. */
  private void delete(Path tree, Backoff retry) {
    try {
      deletion.delete(tree);
      if (undeleted.remove(tree) != null) {
        LOG.info("what a removed container wrote is deleted now ({})", tree);
      }
      return;
    } catch (InterruptedIOException ended) {
      LOG.debug("{} is left to the next daemon", tree);
      return;
    } catch (IOException | RuntimeException error) {
      String why = shortened(error);
      // Once for each reason: the status has it as long as it lasts.
      LOG.atLevel(why.equals(undeleted.put(tree, why)) ? Level.DEBUG : Level.WARN)
          .log(
              "what a removed container wrote is not deleted yet ({}): {}; tried again in {} s",
              tree,
              why,
              retry.pause().toSeconds());
    }
    retries.start(
        "trash-retry",
        () -> {
          time.sleep(retry.pause());
          empty(tree, retry.next());
        });
  }

  /** The container chose the rest of the path: it does not belong into a message whole. */
  private static String shortened(Exception error) {
    String text = String.valueOf(error.getMessage());
    return text.length() <= SHOWN ? text : "..." + text.substring(text.length() - SHOWN);
  }

  /** Ends the deletions at whatever point they are. */
  @Override
  public void close() {
    retries.close();
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(END_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.error("a deletion in {} does not end; it is left behind", folder);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
