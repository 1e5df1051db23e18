package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.vsock.GuestOutput;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Logs of containers, each a file of this host and a connection to the guest's agent, which writes
 * what is to be appended. They are here and not with the daemon, without which lines would be lost.
 * Thread-safe.
 */
final class GuestLogs {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(8);
  private static final Set<OpenOption> APPENDING =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE,
          StandardOpenOption.APPEND,
          LinkOption.NOFOLLOW_LINKS);

  /** Connects an output to the guest's agent. */
  @FunctionalInterface
  interface Dialer {
    /**
     * @param greeting sent first
     */
    void dial(GuestOutput output, byte[] greeting);
  }

  private final Dialer dialer;
  private final List<GuestLog> logs = new ArrayList<>();

  GuestLogs(Dialer dialer) {
    this.dialer = dialer;
  }

  /**
   * Opens a log for appending, made (0640) when missing, and hands it to the agent. Of those that
   * are open at the same path the newest stays until it is closed: the agent lets go of it when it
   * has the next one.
   *
   * @param greeting what the agent is told first
   * @return its answer
   * @throws Failure INVALID_ARGUMENT for what is no regular file of one name; UNAVAILABLE or
   *     TIMED_OUT when the agent does not answer
   */
  byte[] open(Path path, byte[] greeting) {
    GuestLog log = new GuestLog(path, append(path));
    synchronized (logs) {
      logs.removeIf(GuestLog::isClosed);
      of(path).reversed().stream().skip(1).forEach(GuestLog::close);
      logs.add(log);
    }
    dialer.dial(log, greeting);
    try {
      return log.answer().get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException refused) {
      throw Failure.unavailable("the guest's agent does not take the log " + path, refused);
    } catch (TimeoutException hangs) {
      log.close();
      throw Failure.timedOut(
          "the guest's agent has not taken the log %s for %d s"
              .formatted(path, ANSWER_LIMIT.toSeconds()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      log.close();
      throw Failure.cancelled("interrupted while a log was opened");
    }
  }

  /** The guest may write there no more, whether it lets go or not. */
  void close(Path path) {
    synchronized (logs) {
      of(path).forEach(GuestLog::close);
      logs.removeIf(GuestLog::isClosed);
    }
  }

  private List<GuestLog> of(Path path) {
    return logs.stream().filter(log -> log.path().equals(path)).toList();
  }

  private static FileChannel append(Path path) {
    try {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !isPlainFile(path)) {
        throw Failure.invalidArgument("log " + path + " is not a regular file with one name");
      }
      return FileChannel.open(
          path,
          APPENDING,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
    } catch (IOException error) {
      throw Failure.invalidArgument(
          "log %s cannot be opened: %s".formatted(path, error.getMessage()));
    }
  }

  private static boolean isPlainFile(Path path) throws IOException {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
        && Integer.valueOf(1)
            .equals(Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS));
  }
}
