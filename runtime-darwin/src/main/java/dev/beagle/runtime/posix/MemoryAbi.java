package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import dev.beagle.host.HostPlatform;

/** Declarations of libc for memory, on Linux and macOS; addresses travel as {@code long}. */
final class MemoryAbi {
  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  static final int MAP_PRIVATE = 2;

  private static final boolean MAC = HostPlatform.current().mac();
  static final int MAP_ANONYMOUS = MAC ? 0x1000 : 0x20;
  static final int MAP_NORESERVE = MAC ? 0x40 : 0x4000;

  static {
    Native.register(MemoryAbi.class, "c");
  }

  private MemoryAbi() {}

  static native long mmap(
      long address, long length, int protection, int flags, int descriptor, long offset)
      throws LastErrorException;

  static native int munmap(long address, long length) throws LastErrorException;
}
