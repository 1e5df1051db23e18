package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** Declarations of libc that Linux alone has; nothing of this class is touched on a Mac. */
final class LinuxAbi {
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

  static {
    Native.register(LinuxAbi.class, "c");
  }

  private LinuxAbi() {}

  /**
   * Fills a {@code struct statx}, which is the same on every architecture.
   *
   * @param name address of a zero-terminated name
   */
  static native int statx(int folder, long name, int flags, int mask, Pointer target)
      throws LastErrorException;

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
