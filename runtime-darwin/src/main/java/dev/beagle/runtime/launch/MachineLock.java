package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Held by the process of a machine for as long as it lives, and says which that is, so that one
 * that does not answer can be ended too: {@code PID START}, its start in milliseconds of the epoch.
 */
final class MachineLock implements AutoCloseable {
  /** The host tells a start in ticks since its own, which is known to the second. */
  private static final Duration SAME = Duration.ofSeconds(2);

  private final FileLock lock;

  private MachineLock(FileLock lock) {
    this.lock = lock;
  }

  /** Nothing where another process has it. */
  static Optional<MachineLock> take(MachineFolder folder) throws IOException {
    FileChannel file =
        FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = file.tryLock();
    if (lock == null) {
      file.close();
      return Optional.empty();
    }
    ProcessHandle self = ProcessHandle.current();
    String line = self.pid() + " " + start(self).toEpochMilli() + "\n";
    file.truncate(0).write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    return Optional.of(new MachineLock(lock));
  }

  /** The process that has it, whether it answers or not. */
  static Optional<ProcessHandle> holder(MachineFolder folder) {
    try {
      String[] words = Files.readString(folder.lock()).strip().split(" ", -1);
      if (words.length != 2) {
        return Optional.empty(); // it is just being taken
      }
      Instant start = Instant.ofEpochMilli(Long.parseLong(words[1]));
      return ProcessHandle.of(Long.parseLong(words[0]))
          .filter(ProcessHandle::isAlive)
          .filter(process -> near(start, start(process)));
    } catch (NoSuchFileException | NumberFormatException none) {
      return Optional.empty(); // what is damaged is of before a loss of power
    } catch (IOException error) {
      throw Failure.internal("cannot read " + folder.lock(), error);
    }
  }

  private static boolean near(Instant one, Instant other) {
    return Duration.between(one, other).abs().compareTo(SAME) <= 0;
  }

  private static Instant start(ProcessHandle process) {
    return process.info().startInstant().orElse(Instant.EPOCH);
  }

  @Override
  public void close() throws IOException {
    lock.channel().close();
  }
}
