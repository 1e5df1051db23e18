package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How many files of any kind a file system can still take.
 *
 * @param free for those who are not root
 */
public record FreeInodes(long free, long total) {
  /** Of {@code struct statvfs} on Linux, LP64: eight numbers come first, then flags and room. */
  private static final int STATVFS_BYTES = 112;

  private static final int FILES = 40;
  private static final int FREE_FILES = 56;

  /**
   * Empty for file systems that make inodes as they are needed, which those of a Mac do.
   *
   * @throws Failure when the path cannot be asked for
   */
  public static Optional<FreeInodes> of(Path path) {
    if (!HostPlatform.current().linux()) {
      return Optional.empty();
    }
    try (Memory target = new Memory(STATVFS_BYTES)) {
      target.clear();
      PosixAbi.statvfs(path.toString(), target);
      long total = target.getLong(FILES);
      return total == 0
          ? Optional.empty()
          : Optional.of(new FreeInodes(target.getLong(FREE_FILES), total));
    } catch (LastErrorException error) {
      throw PosixError.of("statvfs", path, error);
    }
  }
}
