package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;

/** Turns errno into a {@link Failure} that names the call and its object. */
final class PosixError {
  private PosixError() {}

  static Failure of(String call, Object object, LastErrorException error) {
    return Failure.of(kind(error.getErrorCode()), call + " " + object + ": " + text(error), error);
  }

  private static String text(LastErrorException error) {
    // JNA's message is "[errno] text".
    String message = String.valueOf(error.getMessage());
    int end = message.indexOf("] ");
    return end < 0 ? message : message.substring(end + 2);
  }

  private static FailureKind kind(int errno) {
    if (errno == FileAbi.EDQUOT) {
      return FailureKind.EXHAUSTED;
    }
    return switch (errno) {
      case PosixAbi.ENOENT -> FailureKind.NOT_FOUND;
      case PosixAbi.EPERM, PosixAbi.EACCES -> FailureKind.DENIED;
      case PosixAbi.ENOMEM, PosixAbi.ENFILE, PosixAbi.EMFILE, PosixAbi.ENOSPC ->
          FailureKind.EXHAUSTED;
      // What a socket with a time limit answers when it is over.
      case PosixAbi.EAGAIN, PosixAbi.ETIMEDOUT -> FailureKind.TIMED_OUT;
      case PosixAbi.ECONNRESET, PosixAbi.ECONNREFUSED, PosixAbi.EPIPE -> FailureKind.UNAVAILABLE;
      default -> FailureKind.INTERNAL;
    };
  }
}
