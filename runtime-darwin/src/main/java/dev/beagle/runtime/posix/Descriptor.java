package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
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

  /**
   * Opens a log for appending; made (0640) when missing.
   *
   * @throws dev.beagle.failure.Failure INVALID_ARGUMENT for what is no regular file of one name: a
   *     link, or a FIFO that would hold us up
   */
  public static Descriptor openLog(Path path) {
    OpenFlags open = OpenFlags.HERE;
    int flags =
        open.writeOnly()
            | open.create()
            | open.append()
            | open.closeOnExec()
            | open.nonBlocking()
            | open.noFollow();
    Descriptor log;
    try {
      log = owning(PosixAbi.open(path.toString(), flags, 0640));
    } catch (LastErrorException error) {
      throw Failure.invalidArgument("log " + path + " cannot be opened: " + error.getMessage());
    }
    if (!log.isPlainFile()) {
      log.close();
      throw Failure.invalidArgument("log " + path + " is not a regular file with one name");
    }
    return log;
  }

  private boolean isPlainFile() {
    try {
      Path self = Path.of("/proc/self/fd/" + number());
      return Files.isRegularFile(self)
          && Files.getAttribute(self, "unix:nlink") instanceof Integer links
          && links == 1;
    } catch (IOException error) {
      return false;
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
        LinuxAbi.OPEN_TREE_CLONE
            | OpenFlags.HERE.closeOnExec()
            | (recursive ? LinuxAbi.AT_RECURSIVE : 0);
    try {
      return owning(
          (int)
              LinuxAbi.syscall(LinuxAbi.SYS_OPEN_TREE, LinuxAbi.AT_FDCWD, path.toString(), flags));
    } catch (LastErrorException error) {
      throw PosixError.of("open_tree", path, error);
    }
  }

  /**
   * As {@link #cloneTree} with the mounts below, but that nothing can be written through any of
   * them (mount_setattr(2), Linux 5.12), and that it has left the original's propagation group:
   * what is mounted there later would be writable.
   */
  public static Descriptor cloneReadOnly(Path path) {
    Descriptor tree = cloneTree(path, true);
    try (Memory attributes = new Memory(LinuxAbi.MOUNT_ATTR_BYTES)) {
      attributes.clear();
      attributes.setLong(LinuxAbi.MOUNT_ATTR_SET, LinuxAbi.MOUNT_ATTR_RDONLY);
      attributes.setLong(LinuxAbi.MOUNT_ATTR_PROPAGATION, LinuxAbi.MS_PRIVATE);
      var _ =
          LinuxAbi.syscall(
              LinuxAbi.SYS_MOUNT_SETATTR,
              tree.number(),
              "",
              LinuxAbi.AT_EMPTY_PATH | LinuxAbi.AT_RECURSIVE,
              attributes,
              LinuxAbi.MOUNT_ATTR_BYTES);
      return tree;
    } catch (LastErrorException error) {
      tree.close();
      throw PosixError.of("mount_setattr", path, error);
    }
  }

  /** Given to somebody else, who closes it. */
  void release() {
    number.set(-1);
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
