package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.host.LockHolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Held by the process of a machine for as long as it lives, and says which that is, so that one
 * that does not answer can be ended too, and is not taken for dead.
 */
final class MachineLock implements AutoCloseable {
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
    LockHolder.self().write(file);
    return Optional.of(new MachineLock(lock));
  }

  /**
   * The process that has it, whether it answers or not.
   *
   * @throws Failure when that cannot be told
   */
  static Optional<ProcessHandle> holder(MachineFolder folder) {
    return LockHolder.read(folder.lock()).flatMap(LockHolder::process);
  }

  @Override
  public void close() throws IOException {
    lock.channel().close();
  }
}
