package dev.beagle.host;

import dev.beagle.failure.Failure;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Which process holds a folder's lock, as the holder wrote it into the lock file: {@code PID
 * STARTED}. A process id alone may be another's by the time it is read, so that nobody is ended for
 * having got it. Where it cannot be told who or whether one lives (no descriptor left), that is a
 * failure and never an answer.
 *
 * @param started when the process started: on Linux in clock ticks since the boot, which setting
 *     the clock does not move; elsewhere in milliseconds of the wall clock
 */
public record LockHolder(long pid, long started) {
  private static final Path PROC = Path.of("/proc");
  private static final Duration POLL = Duration.ofMillis(5);

  /** Field 22 of {@code /proc/PID/stat} (proc(5)), counted after the name, which is field 2. */
  private static final int START_TIME = 22 - 3;

  /** This process. */
  public static LockHolder self() {
    long pid = ProcessHandle.current().pid();
    return new LockHolder(pid, started(ProcessHandle.current()).orElse(0L));
  }

  /**
   * Replaces what a predecessor wrote, in its place and of the same length: that works on a full
   * disk too.
   */
  public void write(FileChannel lockFile) throws IOException {
    byte[] text =
        String.format(Locale.ROOT, "%019d %019d\n", pid, started)
            .getBytes(StandardCharsets.US_ASCII);
    lockFile.write(ByteBuffer.wrap(text), 0);
  }

  /**
   * What stands in the file; nothing where that is no holder (it is just taking the lock, or the
   * file is of before a loss of power) or no file.
   *
   * @throws Failure when the file cannot be read
   */
  public static Optional<LockHolder> read(Path lockFile) {
    try {
      String text = Files.readString(lockFile, StandardCharsets.ISO_8859_1);
      String[] words = text.lines().findFirst().orElse("").split(" ", -1);
      return words.length == 2
          ? Optional.of(new LockHolder(Long.parseLong(words[0]), Long.parseLong(words[1])))
          : Optional.empty();
    } catch (NoSuchFileException | NumberFormatException none) {
      return Optional.empty();
    } catch (IOException error) {
      throw HostError.of("cannot read " + lockFile, error);
    }
  }

  /**
   * The process, if it runs and is still the one that wrote this.
   *
   * @throws Failure when that cannot be told
   */
  public Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid).filter(this::isSame).filter(HostProcesses::runs);
  }

  private boolean isSame(ProcessHandle process) {
    return started != 0 && started(process).filter(at -> at == started).isPresent();
  }

  private static Optional<Long> started(ProcessHandle process) {
    Path known = PROC.resolve(Long.toString(process.pid()));
    if (!Files.isDirectory(PROC.resolve("self"))) {
      return process.info().startInstant().map(Instant::toEpochMilli);
    }
    try {
      String text = Files.readString(known.resolve("stat"), StandardCharsets.ISO_8859_1);
      // The name may hold spaces and parentheses of its own.
      String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of(Long.parseLong(fields[START_TIME]));
    } catch (IOException error) {
      if (Files.exists(known)) {
        throw HostError.of("cannot tell which process %d is".formatted(process.pid()), error);
      }
      return Optional.empty();
    }
  }

  /**
   * Kills the process, however deaf it is, and waits until it has ended.
   *
   * @return false where it is not there any more, or is another's, or does not end
   * @throws Failure when it cannot be told whether it is there
   */
  public boolean kill(Duration limit, Time time) {
    Optional<ProcessHandle> process = process();
    if (process.isEmpty() || !process.get().destroyForcibly()) {
      return false;
    }
    Deadline deadline = Deadline.after(time, limit);
    while (HostProcesses.runs(process.get())) {
      if (deadline.passed()) {
        return false;
      }
      try {
        time.sleep(POLL);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }
}
