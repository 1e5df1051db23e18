package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Declarations of libc, LP64. A function that fails throws {@link LastErrorException} with errno.
 */
final class PosixAbi {
  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_APPEND = 0x400;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int O_NOFOLLOW_GENERIC = 0x20000;
  static final int O_NOFOLLOW_ARM64 = 0x8000;
  static final int O_DIRECTORY_GENERIC = 0x10000;
  static final int O_DIRECTORY_ARM64 = 0x4000;

  static final int AF_UNIX = 1;
  static final int SOCK_STREAM = 1;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SCM_RIGHTS = 1;
  static final int SO_RCVTIMEO = 20;
  static final int SO_SNDTIMEO = 21;
  static final int MSG_NOSIGNAL = 0x4000;

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int AT_RECURSIVE = 0x8000;
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int OPEN_TREE_CLONE = 1;

  /** open_tree(2) has this number on every architecture. */
  static final long SYS_OPEN_TREE = 428;

  /** Likewise mount_setattr(2), whose struct mount_attr holds four numbers of 64 bits. */
  static final long SYS_MOUNT_SETATTR = 442;

  static final int MOUNT_ATTR_BYTES = 32;
  static final int MOUNT_ATTR_SET = 0;
  static final int MOUNT_ATTR_PROPAGATION = 16;
  static final long MOUNT_ATTR_RDONLY = 1;
  static final long MS_PRIVATE = 1 << 18;

  static final long MS_RDONLY = 1;
  static final int MNT_DETACH = 2;

  static final int LOOP_CTL_GET_FREE = 0x4C82;
  static final int LOOP_CONFIGURE = 0x4C0A;

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int ENOTBLK = 15;
  static final int EBUSY = 16;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ENOSPC = 28;
  static final int EPIPE = 32;
  static final int ECONNRESET = 104;
  static final int ETIMEDOUT = 110;
  static final int ECONNREFUSED = 111;

  static {
    Native.register(PosixAbi.class, "c");
  }

  private PosixAbi() {}

  /** Fills a {@code struct statvfs}, 112 bytes on Linux. */
  static native int statvfs(String path, Pointer target) throws LastErrorException;

  static native int open(String path, int flags, int mode) throws LastErrorException;

  /** Without O_CREAT: there is no mode. */
  static native int openat(int folder, Pointer name, int flags) throws LastErrorException;

  /**
   * Fills a {@code struct statx}, which is the same on every architecture.
   *
   * @param name address of a zero-terminated name
   */
  static native int statx(int folder, long name, int flags, int mask, Pointer target)
      throws LastErrorException;

  /** A {@code DIR}, which owns the descriptor from then on. */
  static native long fdopendir(int descriptor) throws LastErrorException;

  /** Address of a {@code struct dirent}, valid until the next call; 0 at the end. */
  static native long readdir(long directory) throws LastErrorException;

  static native int closedir(long directory) throws LastErrorException;

  static native long lseek(int descriptor, long offset, int whence) throws LastErrorException;

  static native long readlinkat(int folder, Pointer name, Pointer target, long length)
      throws LastErrorException;

  /**
   * @param target address of {@code length} bytes
   */
  static native long pread(int descriptor, long target, long length, long offset)
      throws LastErrorException;

  static native int close(int descriptor) throws LastErrorException;

  static native int socket(int domain, int type, int protocol) throws LastErrorException;

  static native int connect(int socket, Pointer address, int length) throws LastErrorException;

  static native int setsockopt(int socket, int level, int name, Pointer value, int length)
      throws LastErrorException;

  static native long sendmsg(int socket, Pointer message, int flags) throws LastErrorException;

  static native long read(int descriptor, Pointer buffer, long length) throws LastErrorException;

  static native long syscall(long number, long first, String second, long third)
      throws LastErrorException;

  static native long syscall(
      long number, long first, String second, long third, Pointer fourth, long fifth)
      throws LastErrorException;

  static native int mount(
      String source, String target, String type, long flags, @Nullable String data)
      throws LastErrorException;

  static native int umount2(String target, int flags) throws LastErrorException;

  static native int ioctl(int descriptor, long request, long argument) throws LastErrorException;

  static native int ioctl(int descriptor, long request, Pointer argument) throws LastErrorException;
}
