package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor that we own: closed once, by whoever holds this. Thread-safe. */
public final class Descriptor implements AutoCloseable {
  private final AtomicInteger number;

  private Descriptor(int number) {
    this.number = new AtomicInteger(number);
  }

  static Descriptor owning(int number) {
    return new Descriptor(number);
  }

  /** Opens a log for appending, never through a symbolic link; made (0640) when missing. */
  public static Descriptor openLog(Path path) {
    boolean arm = "aarch64".equals(System.getProperty("os.arch"));
    int flags =
        PosixAbi.O_WRONLY
            | PosixAbi.O_CREAT
            | PosixAbi.O_APPEND
            | PosixAbi.O_CLOEXEC
            | (arm ? PosixAbi.O_NOFOLLOW_ARM64 : PosixAbi.O_NOFOLLOW_GENERIC);
    try {
      return owning(PosixAbi.open(path.toString(), flags, 0640));
    } catch (LastErrorException error) {
      throw PosixError.of("open log", path, error);
    }
  }

  /**
   * A detached copy of the mount tree at a path (open_tree(2) with OPEN_TREE_CLONE): it stays in
   * the propagation group of the original and vanishes with its last descriptor.
   *
   * @param recursive whether mounts below the path come along
   */
  public static Descriptor cloneTree(Path path, boolean recursive) {
    long flags =
        PosixAbi.OPEN_TREE_CLONE | PosixAbi.O_CLOEXEC | (recursive ? PosixAbi.AT_RECURSIVE : 0);
    try {
      return owning(
          (int)
              PosixAbi.syscall(PosixAbi.SYS_OPEN_TREE, PosixAbi.AT_FDCWD, path.toString(), flags));
    } catch (LastErrorException error) {
      throw PosixError.of("open_tree", path, error);
    }
  }

  /** The number, for a call that does not keep it. */
  int number() {
    int current = number.get();
    if (current < 0) {
      throw new IllegalStateException("descriptor is closed");
    }
    return current;
  }

  @Override
  public void close() {
    int owned = number.getAndSet(-1);
    if (owned >= 0) {
      try {
        PosixAbi.close(owned);
      } catch (LastErrorException ignored) {
        // Linux has closed it all the same (close(2)).
      }
    }
  }
}
