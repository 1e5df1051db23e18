package dev.beagle.runtime.posix;

/**
 * What a file is, as lstat(2) tells, in Linux's terms.
 *
 * @param mode type and permission bits, alike on Linux and macOS
 * @param blocks of 512 bytes
 * @param major of a device node, with {@code minor}
 */
public record FileStatus(
    long device,
    long inode,
    int mode,
    int links,
    int uid,
    int gid,
    int major,
    int minor,
    long size,
    long blocks,
    Stamp accessed,
    Stamp modified,
    Stamp changed) {
  /** Since the epoch. */
  public record Stamp(long seconds, int nanos) {}

  private static final int S_IFMT = 0170000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFLNK = 0120000;

  public boolean isFolder() {
    return (mode & S_IFMT) == S_IFDIR;
  }

  public boolean isFile() {
    return (mode & S_IFMT) == S_IFREG;
  }

  public boolean isLink() {
    return (mode & S_IFMT) == S_IFLNK;
  }
}
