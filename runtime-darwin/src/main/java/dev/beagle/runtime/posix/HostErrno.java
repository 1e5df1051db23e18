package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import dev.beagle.host.HostPlatform;
import java.io.IOException;

/** A system call failed; {@link #linux} says how, in Linux's numbers on every host. */
public final class HostErrno extends IOException {
  private static final long serialVersionUID = 1L;
  private static final boolean LINUX = HostPlatform.current().linux();
  private static final int EIO = 5;

  private final int linux;

  private HostErrno(int linux, String message) {
    super(message);
    this.linux = linux;
  }

  static HostErrno of(LastErrorException error) {
    int number = error.getErrorCode();
    return new HostErrno(LINUX ? number : linuxOf(number), String.valueOf(error.getMessage()));
  }

  /** An errno of Linux. */
  public int linux() {
    return linux;
  }

  /** From macOS's numbers; 1 to 10 and 12 to 34 are the same, what has no counterpart is EIO. */
  static int linuxOf(int darwin) {
    return switch (darwin) {
      case 11 -> 35; // EDEADLK
      case 35 -> 11; // EAGAIN
      case 45, 102 -> 95; // ENOTSUP, EOPNOTSUPP
      case 62 -> 40; // ELOOP
      case 63 -> 36; // ENAMETOOLONG
      case 66 -> 39; // ENOTEMPTY
      case 69 -> 122; // EDQUOT
      case 70 -> 116; // ESTALE
      case 77 -> 37; // ENOLCK
      case 84 -> 75; // EOVERFLOW
      case 89 -> 125; // ECANCELED
      case 92 -> 84; // EILSEQ
      case 93, 96 -> 61; // ENOATTR, ENODATA
      case 107 -> 1; // ENOTCAPABLE
      default -> darwin >= 1 && darwin <= 34 ? darwin : EIO;
    };
  }
}
