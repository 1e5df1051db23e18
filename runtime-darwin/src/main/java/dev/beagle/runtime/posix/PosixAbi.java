package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Declarations of libc, LP64. A function that fails throws {@link LastErrorException} with errno.
 * All of them are looked up when the class is, so Linux and macOS must have every one; the numbers
 * are Linux's.
 */
final class PosixAbi {
  static final int AF_UNIX = 1;
  static final int SOCK_STREAM = 1;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SCM_RIGHTS = 1;
  static final int SO_RCVTIMEO = 20;
  static final int SO_SNDTIMEO = 21;
  static final int MSG_NOSIGNAL = 0x4000;

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
}
