package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * A regular file that one opener has for itself (flock(2)), or that any number have for reading.
 * Bytes go between it and native memory without a copy on Java's heap. Any thread; calls block as
 * long as the storage does, and {@link #close} waits for those under way.
 */
public final class DiskFile implements AutoCloseable {
  /** Holes begin and end at multiples of it, on every file system that makes any. */
  public static final int HOLE_BYTES = 4096;

  /** The most parts that {@link #read} and {@link #write} take. */
  public static final int MAX_PARTS = FileAbi.IOV_MAX;

  private static final boolean MAC = HostPlatform.current().mac();

  private final Path path;
  private final int descriptor;
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private boolean closed;

  private DiskFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /**
   * Opens a file that is there.
   *
   * @throws Failure INVALID_ARGUMENT for what is no regular file, WRONG_STATE when somebody has it
   *     open, NOT_FOUND, DENIED
   */
  public static DiskFile open(Path path, boolean readOnly) {
    // Before it is opened: that of a FIFO would wait for its other end.
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.invalidArgument(path + " is not a regular file");
    }
    int flags = OpenFlags.HERE.closeOnExec() | OpenFlags.HERE.noFollow();
    DiskFile file;
    try {
      int access = readOnly ? OpenFlags.HERE.readOnly() : OpenFlags.HERE.readWrite();
      file = new DiskFile(path, FileAbi.open(path.toString(), flags | access));
    } catch (LastErrorException error) {
      throw PosixError.of("open", path, error);
    }
    try {
      file.lock(readOnly);
      return file;
    } catch (RuntimeException error) {
      file.close();
      throw error;
    }
  }

  private void lock(boolean shared) {
    try {
      FileAbi.flock(descriptor, FileAbi.LOCK_NB | (shared ? FileAbi.LOCK_SH : FileAbi.LOCK_EX));
    } catch (LastErrorException error) {
      if (error.getErrorCode() == FileAbi.EWOULDBLOCK) {
        throw Failure.wrongState(path + " is in use by another machine");
      }
      throw PosixError.of("flock", path, error);
    }
  }

  public Path path() {
    return path;
  }

  public long sizeBytes() {
    return call("lseek", () -> FileAbi.lseek(descriptor, 0, FileAbi.SEEK_END));
  }

  /**
   * Reads into native memory, part after part.
   *
   * @return how many bytes; fewer than there is room for at the end of the file, and sometimes else
   */
  public long read(List<MemorySegment> parts, long offset) {
    return vectored(
        parts,
        vectors -> call("preadv", () -> FileAbi.preadv(descriptor, vectors, parts.size(), offset)));
  }

  /**
   * Writes from native memory.
   *
   * @return how many bytes, sometimes fewer than there are
   * @throws Failure EXHAUSTED for a full disk or quota
   */
  public long write(List<MemorySegment> parts, long offset) {
    return vectored(
        parts,
        vectors ->
            call("pwritev", () -> FileAbi.pwritev(descriptor, vectors, parts.size(), offset)));
  }

  private static long vectored(List<MemorySegment> parts, ToLongFunction<Long> call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vectors = arena.allocate((long) FileAbi.IOVEC_BYTES * parts.size(), 8);
      for (int i = 0; i < parts.size(); i++) {
        if (!parts.get(i).isNative()) {
          throw new IllegalArgumentException("memory of Java's heap");
        }
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 2L * i, parts.get(i).address());
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 2L * i + 1, parts.get(i).byteSize());
      }
      return call.applyAsLong(vectors.address());
    }
  }

  /**
   * Returns once what was written is on the medium. fsync(2) of a Mac stops at the drive's cache,
   * so there it is F_FULLFSYNC, as {@code FileChannel.force} does it.
   */
  public void sync() {
    if (!MAC) {
      call("fdatasync", () -> (long) FileAbi.Linux.fdatasync(descriptor));
      return;
    }
    locked(() -> {
      try {
        return FileAbi.Mac.LIBC.fcntl(descriptor, FileAbi.Mac.F_FULLFSYNC);
      } catch (LastErrorException error) {
        if (!unsupported(error)) {
          throw PosixError.of("F_FULLFSYNC", path, error);
        }
      }
      return retried("fsync", () -> (long) FileAbi.fsync(descriptor));
    });
  }

  /**
   * Makes a hole, which reads as zeros and takes no room; the size stays.
   *
   * @param offset a multiple of {@link #HOLE_BYTES}, as is the length
   * @return false where the file system makes none, and nothing was done
   */
  public boolean punch(long offset, long length) {
    return locked(() -> {
      try {
        if (MAC) {
          punchOnMac(offset, length);
        } else {
          int mode = FileAbi.Linux.FALLOC_FL_KEEP_SIZE | FileAbi.Linux.FALLOC_FL_PUNCH_HOLE;
          FileAbi.Linux.fallocate(descriptor, mode, offset, length);
        }
        return 1L;
      } catch (LastErrorException error) {
        if (unsupported(error)) {
          return 0L;
        }
        throw PosixError.of("punch a hole into", path, error);
      }
    })
        != 0;
  }

  private void punchOnMac(long offset, long length) {
    try (Memory hole = new Memory(FileAbi.Mac.FPUNCHHOLE_BYTES)) {
      hole.clear();
      hole.setLong(FileAbi.Mac.FPUNCHHOLE_OFFSET, offset);
      hole.setLong(FileAbi.Mac.FPUNCHHOLE_LENGTH, length);
      FileAbi.Mac.LIBC.fcntl(descriptor, FileAbi.Mac.F_PUNCHHOLE, hole);
    }
  }

  private static boolean unsupported(LastErrorException error) {
    int number = error.getErrorCode();
    // A Mac says so of commands, and of holes in file systems with larger blocks.
    if (MAC && (number == FileAbi.EINVAL || number == FileAbi.ENOTTY)) {
      return true;
    }
    return number == FileAbi.ENOTSUP || number == FileAbi.ENOSYS;
  }

  private long call(String name, Supplier<Long> call) {
    return locked(() -> retried(name, call));
  }

  private long retried(String name, Supplier<Long> call) {
    while (true) {
      try {
        return call.get();
      } catch (LastErrorException error) {
        if (error.getErrorCode() != FileAbi.EINTR) {
          throw PosixError.of(name, path, error);
        }
      }
    }
  }

  private long locked(Supplier<? extends Number> call) {
    use.readLock().lock();
    try {
      if (closed) {
        throw Failure.wrongState(path + " was closed");
      }
      return call.get().longValue();
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void close() {
    use.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        FileAbi.close(descriptor);
      }
    } catch (LastErrorException ignored) {
      // The descriptor is gone all the same (close(2)).
    } finally {
      use.writeLock().unlock();
    }
  }
}
