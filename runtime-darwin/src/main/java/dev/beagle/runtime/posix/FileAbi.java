package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.beagle.host.HostPlatform;

/**
 * Declarations of libc for files of disks, on Linux and macOS; addresses travel as {@code long}.
 * Functions with variable arguments are called without any, but for {@link Mac}: on Apple silicon
 * those are passed by another way than the named ones.
 */
final class FileAbi {
  private static final boolean MAC = HostPlatform.current().mac();

  static final int LOCK_SH = 1;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;
  static final int SEEK_END = 2;

  static final int EINTR = 4;
  static final int EWOULDBLOCK = MAC ? 35 : 11;
  static final int EDQUOT = MAC ? 69 : 122;
  static final int ENOTSUP = MAC ? 45 : 95;
  static final int ENOSYS = MAC ? 78 : 38;
  static final int EINVAL = 22;
  static final int ENOTTY = 25;

  /** {@code struct iovec}: an address and a length. */
  static final int IOVEC_BYTES = 16;

  /** Vectors that one call takes on both systems. */
  static final int IOV_MAX = 1024;

  static {
    Native.register(FileAbi.class, "c");
  }

  private FileAbi() {}

  /** Without O_CREAT: there is no mode. */
  static native int open(String path, int flags) throws LastErrorException;

  static native int close(int descriptor) throws LastErrorException;

  static native int flock(int descriptor, int operation) throws LastErrorException;

  static native long lseek(int descriptor, long offset, int whence) throws LastErrorException;

  static native long preadv(int descriptor, long vectors, int count, long offset)
      throws LastErrorException;

  static native long pwritev(int descriptor, long vectors, int count, long offset)
      throws LastErrorException;

  static native int fsync(int descriptor) throws LastErrorException;

  /** What Linux alone has. */
  static final class Linux {
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;

    static {
      Native.register(Linux.class, "c");
    }

    private Linux() {}

    static native int fallocate(int descriptor, int mode, long offset, long length)
        throws LastErrorException;

    static native int fdatasync(int descriptor) throws LastErrorException;
  }

  /** What is done by fcntl(2) on macOS. Not direct mapping, which has no variable arguments. */
  interface Mac extends Library {
    int F_FULLFSYNC = 51;
    int F_PUNCHHOLE = 99;

    /** {@code fpunchhole_t}: flags and a reserved word of 32 bits, offset, length. */
    int FPUNCHHOLE_BYTES = 24;

    int FPUNCHHOLE_OFFSET = 8;
    int FPUNCHHOLE_LENGTH = 16;

    Mac LIBC = Native.load("c", Mac.class);

    /** F_PUNCHHOLE takes a pointer, F_FULLFSYNC nothing. */
    int fcntl(int descriptor, int command, Pointer... argument) throws LastErrorException;
  }
}
