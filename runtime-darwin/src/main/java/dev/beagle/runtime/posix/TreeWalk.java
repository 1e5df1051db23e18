package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.beagle.time.Time;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Measures one tree on Linux. Each step is relative to the open folder it starts from, so a
 * container that exchanges a folder for a link leads nowhere. Two descriptors are held however deep
 * the tree is: the way back is {@code ..}, believed only where it is the folder that we came from;
 * where it is not, because the folder was moved meanwhile, the way is gone again from the root.
 * Names are bytes throughout. For one measurement of one thread.
 */
final class TreeWalk implements AutoCloseable {
  private static final int FOLDER_FLAGS =
      OpenFlags.HERE.readOnly()
          | OpenFlags.HERE.closeOnExec()
          | OpenFlags.HERE.directory()
          | OpenFlags.HERE.noFollow();

  /** A folder's time of access would tell a container how far the walk is. */
  private static final int O_NOATIME = 01000000;

  // struct dirent of LP64 Linux.
  private static final int DIRENT_TYPE = 18;
  private static final int DIRENT_NAME = 19;
  private static final byte DT_DIR = 4;
  private static final int MAX_NAME = 256;

  // struct statx (statx(2)).
  private static final int STATX_BYTES = 256;
  private static final int STATX_NLINK = 16;
  private static final int STATX_MODE = 28;
  private static final int STATX_INO = 32;
  private static final int STATX_BLOCKS = 48;
  private static final int STATX_CTIME_SECONDS = 96;
  private static final int STATX_CTIME_NANOS = 104;
  private static final int STATX_DEVICE = 136;
  private static final int S_IFMT = 0170000;
  private static final int S_IFDIR = 0040000;
  private static final long SECTOR = 512;

  /** Ways lost in one walk, after which it ends. */
  private static final int MAX_LOST = 1000;

  /** Steps down lost ways in one walk, after which it ends. */
  private static final int MAX_RETRACED = 1_000_000;

  /** The kernel's clock for stamps of files stands still for so long, and somewhat more. */
  private static final long STAMP_SLACK_NANOS = 20_000_000;

  /**
   * Folders on the way and those that wait to be visited, and names of one file, remembered at
   * most: some 100 MiB.
   */
  private static final int MAX_REMEMBERED = 500_000;

  private final int maxRemembered;
  private final Runnable beforeReturning;
  private int pending;
  private int lost;
  private int retraced;
  private long startedNanos;

  /** Whether every folder was entered, and none changed before it was: nothing got past us. */
  private boolean whole = true;

  private final Memory stat = new Memory(STATX_BYTES);
  private final Memory name = new Memory(MAX_NAME);
  private final Set<Long> linked = new HashSet<>();
  private long device;
  private long bytes;
  private long inodes;

  /** A folder on the way down, with the names of its folders that are still to be visited. */
  @SuppressWarnings("ArrayRecordComponent") // Neither compared nor changed.
  private record Level(byte[] name, long inode, Deque<byte[]> pending) {
    /** Of a folder without folders, as most are: never added to. */
    private static final Deque<byte[]> NONE = new ArrayDeque<>(0);
  }

  TreeWalk() {
    this(MAX_REMEMBERED, () -> {});
  }

  /**
   * For tests.
   *
   * @param beforeReturning runs in a folder that has been measured, before the way back
   */
  TreeWalk(int maxRemembered, Runnable beforeReturning) {
    this.maxRemembered = maxRemembered;
    this.beforeReturning = beforeReturning;
  }

  /**
   * Measures the tree. Of more folders side by side than can be remembered, those beyond are
   * counted and not entered.
   *
   * @throws dev.beagle.failure.Failure NOT_FOUND where there is no such folder
   */
  FolderUsage measure(Path folder) {
    int root;
    try {
      root = openRoot(folder);
    } catch (LastErrorException error) {
      throw PosixError.of("open", folder, error);
    }
    try {
      walk(root);
    } catch (LastErrorException error) {
      throw PosixError.of("measure", folder, error);
    } finally {
      close(root);
    }
    return new FolderUsage(bytes, inodes, whole);
  }

  private static int openRoot(Path folder) {
    try {
      return PosixAbi.open(folder.toString(), FOLDER_FLAGS | O_NOATIME, 0);
    } catch (LastErrorException error) {
      if (error.getErrorCode() != PosixAbi.EPERM) {
        throw error;
      }
      return PosixAbi.open(folder.toString(), FOLDER_FLAGS, 0); // Another user's, and we not root.
    }
  }

  private int openat(int folder, Pointer child) {
    try {
      return PosixAbi.openat(folder, child, FOLDER_FLAGS | O_NOATIME);
    } catch (LastErrorException error) {
      if (error.getErrorCode() != PosixAbi.EPERM) {
        throw error;
      }
      return PosixAbi.openat(folder, child, FOLDER_FLAGS);
    }
  }

  private void walk(int root) {
    Instant now = Time.system().now(); // Compared with stamps of that clock, no other.
    startedNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano() - STAMP_SLACK_NANOS;
    stat(root, emptyName(), LinuxAbi.AT_EMPTY_PATH);
    device = stat.getLong(STATX_DEVICE);
    int current = openFolder(root, new byte[] {'.'});
    try {
      Deque<Level> way = new ArrayDeque<>();
      way.push(enter(current, new byte[0]));
      while (!way.isEmpty()) {
        byte[] next = way.element().pending().poll();
        if (next != null) {
          int child = openFolder(current, next);
          if (child >= 0) {
            close(current);
            current = child;
            way.push(enter(current, next));
          } else {
            // Removed or renamed since it was listed.
            pending--;
            whole = false;
          }
          continue;
        }
        way.pop();
        if (way.isEmpty()) {
          break;
        }
        pending--;
        beforeReturning.run();
        int parent = openFolder(current, new byte[] {'.', '.'});
        if (parent >= 0) {
          close(current);
          current = parent;
        }
        if (parent < 0 || inodeOf(current) != way.element().inode()) {
          whole = false;
          if (++lost > MAX_LOST || retraced > MAX_RETRACED) {
            break;
          }
          int found = goAgain(root, way);
          close(current);
          current = found;
        }
      }
    } finally {
      close(current);
    }
  }

  /** Goes from the root as far as the way still leads; forgets the rest of it. */
  private int goAgain(int root, Deque<Level> way) {
    int current = openFolder(root, new byte[] {'.'});
    Deque<Level> reached = new ArrayDeque<>();
    reached.push(way.removeLast());
    try {
      while (!way.isEmpty()) {
        Level level = way.removeLast();
        retraced++;
        int child = openSame(current, level);
        if (child < 0) {
          pending -= 1 + level.pending().size();
          way.forEach(beyond -> pending -= 1 + beyond.pending().size());
          way.clear();
          break;
        }
        close(current);
        current = child;
        reached.push(level);
      }
    } catch (LastErrorException error) {
      close(current);
      throw error;
    }
    way.addAll(reached);
    return current;
  }

  /** -1 where it is not the folder that it was. */
  private int openSame(int parent, Level level) {
    int child = openFolder(parent, level.name());
    boolean same = false;
    try {
      same = child >= 0 && inodeOf(child) == level.inode();
    } finally {
      if (!same && child >= 0) {
        close(child);
      }
    }
    return same ? child : -1;
  }

  private long inodeOf(int folder) {
    stat(folder, emptyName(), LinuxAbi.AT_EMPTY_PATH);
    return stat.getLong(STATX_INO);
  }

  /** Counts a folder and what is in it but folders, whose names it collects. */
  private Level enter(int folder, byte[] name) {
    stat(folder, emptyName(), LinuxAbi.AT_EMPTY_PATH);
    long inode = stat.getLong(STATX_INO);
    // What was taken from here since the start may have gone to where we have been already.
    whole &= changedNanos() < startedNanos;
    count();
    Deque<byte[]> folders = new ArrayDeque<>();
    long listing = list(folder);
    try {
      for (long at = PosixAbi.readdir(listing); at != 0; at = PosixAbi.readdir(listing)) {
        Pointer entry = new Pointer(at);
        byte[] found = bytes(entry);
        if (isDots(found)) {
          continue;
        }
        boolean room = pending + linked.size() < maxRemembered;
        boolean enters = room && entry.getByte(DIRENT_TYPE) == DT_DIR;
        if (!enters && exists(folder, at + DIRENT_NAME)) {
          boolean directory = (stat.getShort(STATX_MODE) & S_IFMT) == S_IFDIR;
          enters = room && directory;
          if (!enters) {
            whole &= !directory;
            count();
          }
        }
        if (enters) {
          folders.add(found);
          pending++;
        }
      }
    } finally {
      PosixAbi.closedir(listing);
    }
    return new Level(name, inode, folders.isEmpty() ? Level.NONE : folders);
  }

  private long changedNanos() {
    return stat.getLong(STATX_CTIME_SECONDS) * 1_000_000_000L + stat.getInt(STATX_CTIME_NANOS);
  }

  private long list(int folder) {
    int opened = openat(folder, named((byte) '.'));
    try {
      return PosixAbi.fdopendir(opened);
    } catch (LastErrorException error) {
      // Only a listing that came to be owns it.
      close(opened);
      throw error;
    }
  }

  /** Counts what was looked at last. */
  private void count() {
    boolean folder = (stat.getShort(STATX_MODE) & S_IFMT) == S_IFDIR;
    if (!folder && stat.getInt(STATX_NLINK) > 1) {
      long inode = stat.getLong(STATX_INO);
      if (linked.contains(inode)) {
        return;
      }
      if (pending + linked.size() < maxRemembered) {
        linked.add(inode);
      }
    }
    inodes++;
    bytes += stat.getLong(STATX_BLOCKS) * SECTOR;
  }

  private boolean exists(int folder, long address) {
    try {
      stat(folder, address, LinuxAbi.AT_SYMLINK_NOFOLLOW);
      return true;
    } catch (LastErrorException gone) {
      return false;
    }
  }

  private void stat(int folder, long address, int flags) {
    LinuxAbi.statx(folder, address, flags, LinuxAbi.STATX_BASIC_STATS, stat);
  }

  /** -1 for what is gone, no folder any more, or of another file system. */
  private int openFolder(int folder, byte[] child) {
    int opened;
    try {
      opened = openat(folder, named(child));
    } catch (LastErrorException gone) {
      return -1;
    }
    boolean ours = false;
    try {
      stat(opened, emptyName(), LinuxAbi.AT_EMPTY_PATH);
      ours = stat.getLong(STATX_DEVICE) == device;
    } finally {
      if (!ours) {
        close(opened);
      }
    }
    return ours ? opened : -1;
  }

  private long emptyName() {
    return Pointer.nativeValue(named());
  }

  private Pointer named(byte... text) {
    name.write(0, text, 0, text.length);
    name.setByte(text.length, (byte) 0);
    return name;
  }

  private static byte[] bytes(Pointer entry) {
    int length = 0;
    while (entry.getByte(DIRENT_NAME + length) != 0) {
      length++;
    }
    return entry.getByteArray(DIRENT_NAME, length);
  }

  private static boolean isDots(byte[] found) {
    return found[0] == '.' && (found.length == 1 || (found.length == 2 && found[1] == '.'));
  }

  private static void close(int descriptor) {
    try {
      PosixAbi.close(descriptor);
    } catch (LastErrorException ignored) {
      // Linux has closed it all the same (close(2)).
    }
  }

  @Override
  public void close() {
    stat.close();
    name.close();
  }
}
