package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.beagle.host.HostPlatform;
import dev.beagle.runtime.posix.FileStatus.Stamp;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Files reached from open folders, a name at a time and never through a link. Names are bytes, as
 * the host has them. Any thread.
 */
public final class HostFiles {
  private static final int LINK_BYTES = 4096;

  private HostFiles() {}

  /** macOS has other numbers, and another {@code struct stat}. */
  private static final boolean LINUX = HostPlatform.current().linux();

  private static final int AT_SYMLINK_NOFOLLOW = LINUX ? LinuxAbi.AT_SYMLINK_NOFOLLOW : 0x20;

  /** Of reading; a FIFO does not hold us up. */
  private static final int READING =
      OpenFlags.HERE.readOnly()
          | OpenFlags.HERE.nonBlocking()
          | OpenFlags.HERE.closeOnExec()
          | OpenFlags.HERE.noFollow();

  /** Opens a path of the host's own, whose last part is no link. */
  public static Descriptor open(Path path) throws HostErrno {
    try {
      return Descriptor.owning(PosixAbi.open(path.toString(), READING, 0));
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    }
  }

  /** Opens what has this name in a folder, to be read. */
  public static Descriptor openFile(Descriptor folder, byte[] name) throws HostErrno {
    return open(folder, name, READING);
  }

  /** Opens a folder of this name in a folder. */
  public static Descriptor openFolder(Descriptor folder, byte[] name) throws HostErrno {
    return open(folder, name, READING | OpenFlags.HERE.directory());
  }

  private static Descriptor open(Descriptor folder, byte[] name, int flags) throws HostErrno {
    try (Memory text = text(name)) {
      return Descriptor.owning(PosixAbi.openat(folder.number(), text, flags));
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    }
  }

  private static Memory text(byte[] name) {
    Memory text = new Memory(name.length + 1L);
    text.write(0, name, 0, name.length);
    text.setByte(name.length, (byte) 0);
    return text;
  }

  /** What an open file is. */
  public static FileStatus status(Descriptor file) throws HostErrno {
    try (Memory stat = new Memory(StatLayout.BYTES);
        Memory empty = text(new byte[0])) {
      if (LINUX) {
        LinuxAbi.statx(
            file.number(),
            Pointer.nativeValue(empty),
            LinuxAbi.AT_EMPTY_PATH,
            LinuxAbi.STATX_BASIC_STATS,
            stat);
        return StatLayout.linux(stat);
      }
      DarwinStat.fstat(file.number(), stat);
      return StatLayout.darwin(stat);
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    }
  }

  /** What has this name in a folder; of a link the link itself. */
  public static FileStatus status(Descriptor folder, byte[] name) throws HostErrno {
    try (Memory stat = new Memory(StatLayout.BYTES);
        Memory text = text(name)) {
      if (LINUX) {
        LinuxAbi.statx(
            folder.number(),
            Pointer.nativeValue(text),
            AT_SYMLINK_NOFOLLOW,
            LinuxAbi.STATX_BASIC_STATS,
            stat);
        return StatLayout.linux(stat);
      }
      DarwinStat.fstatat(folder.number(), text, stat, AT_SYMLINK_NOFOLLOW);
      return StatLayout.darwin(stat);
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    }
  }

  /** Where a link leads, as it is written. */
  public static byte[] readLink(Descriptor folder, byte[] name) throws HostErrno {
    try (Memory target = new Memory(LINK_BYTES);
        Memory text = text(name)) {
      long length = PosixAbi.readlinkat(folder.number(), text, target, LINK_BYTES);
      return target.getByteArray(0, (int) length);
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    }
  }

  /**
   * The names in a folder, without {@code .} and {@code ..}.
   *
   * @param most names; more are left out
   */
  public static List<byte[]> list(Descriptor folder, int most) throws HostErrno {
    // A description of its own: the position of another reader does not matter.
    Descriptor own = openFolder(folder, new byte[] {'.'});
    List<byte[]> names = new ArrayList<>();
    long directory = 0;
    try {
      directory = PosixAbi.fdopendir(own.number());
      own.release();
      long entry = PosixAbi.readdir(directory);
      while (entry != 0 && names.size() < most) {
        byte[] name = StatLayout.direntName(new Pointer(entry));
        if (!isDots(name)) {
          names.add(name);
        }
        entry = PosixAbi.readdir(directory);
      }
      return names;
    } catch (LastErrorException error) {
      throw HostErrno.of(error);
    } finally {
      if (directory == 0) {
        own.close();
      } else {
        PosixAbi.closedir(directory);
      }
    }
  }

  private static boolean isDots(byte[] name) {
    return name.length > 0 && name.length < 3 && name[0] == '.' && name[name.length - 1] == '.';
  }

  /**
   * Reads a part of a file.
   *
   * @param target native memory
   * @return how many bytes; fewer than there is room for at the file's end only
   */
  public static long read(Descriptor file, MemorySegment target, long offset) throws HostErrno {
    long done = 0;
    try {
      while (done < target.byteSize()) {
        long count =
            PosixAbi.pread(
                file.number(), target.address() + done, target.byteSize() - done, offset + done);
        if (count == 0) {
          break;
        }
        done += count;
      }
      return done;
    } catch (LastErrorException error) {
      if (done > 0) {
        return done;
      }
      throw HostErrno.of(error);
    }
  }

  /** Functions whose names and numbers are macOS's alone; nothing is looked up on Linux. */
  private static final class DarwinStat {
    static {
      Native.register(DarwinStat.class, "c");
    }

    private DarwinStat() {}

    static native int fstat(int descriptor, Pointer target) throws LastErrorException;

    static native int fstatat(int folder, Pointer name, Pointer target, int flags)
        throws LastErrorException;
  }

  /** Where numbers stand in what the systems fill in. */
  static final class StatLayout {
    /** Of {@code struct statx}, the larger one. */
    static final int BYTES = 256;

    private StatLayout() {}

    /** {@code struct statx} (statx(2)). */
    static FileStatus linux(Pointer statx) {
      return new FileStatus(
          ((long) statx.getInt(136) << 32) | (statx.getInt(140) & 0xFFFF_FFFFL),
          statx.getLong(32),
          statx.getShort(28) & 0xFFFF,
          statx.getInt(16),
          statx.getInt(20),
          statx.getInt(24),
          statx.getInt(128),
          statx.getInt(132),
          statx.getLong(40),
          statx.getLong(48),
          new Stamp(statx.getLong(64), statx.getInt(72)),
          new Stamp(statx.getLong(112), statx.getInt(120)),
          new Stamp(statx.getLong(96), statx.getInt(104)));
    }

    /** {@code struct stat} with 64-bit inodes (sys/stat.h of macOS on arm64). */
    static FileStatus darwin(Pointer stat) {
      int device = stat.getInt(24);
      return new FileStatus(
          stat.getInt(0),
          stat.getLong(8),
          stat.getShort(4) & 0xFFFF,
          stat.getShort(6) & 0xFFFF,
          stat.getInt(16),
          stat.getInt(20),
          device >>> 24,
          device & 0xFF_FFFF,
          stat.getLong(96),
          stat.getLong(104),
          new Stamp(stat.getLong(32), (int) stat.getLong(40)),
          new Stamp(stat.getLong(48), (int) stat.getLong(56)),
          new Stamp(stat.getLong(64), (int) stat.getLong(72)));
    }

    /** Of a {@code struct dirent}: {@code d_name} stands at 19 on Linux, at 21 on macOS. */
    static byte[] direntName(Pointer entry) {
      long start = LINUX ? 19 : 21;
      return entry.getByteArray(start, (int) entry.indexOf(start, (byte) 0));
    }
  }
}
