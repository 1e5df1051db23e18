package dev.beagle.host;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.util.List;

/** Says of an error of the host's file systems what a caller can do about it. */
public final class HostError {
  /** ENOSPC, EDQUOT, EMFILE and ENFILE, ENOMEM in the C library's words: Java gives no numbers. */
  private static final List<String> LIMITS =
      List.of("No space left", "quota exceeded", "Too many open files", "Cannot allocate memory");

  private static final List<String> FULL = LIMITS.subList(0, 2);

  private HostError() {}

  /**
   * @param what could not be done, "cannot write /x"
   * @return EXHAUSTED where a limit of the host was reached, DENIED, CANCELLED for an interrupted
   *     thread, else INTERNAL; with the system's reason
   */
  public static Failure of(String what, IOException error) {
    String reason = String.valueOf(error.getMessage());
    String wayOut = FULL.stream().anyMatch(reason::contains) ? "; make room there" : "";
    return Failure.of(kind(error, reason), what + ": " + reason + wayOut, error);
  }

  private static FailureKind kind(IOException error, String reason) {
    if (error instanceof AccessDeniedException) {
      return FailureKind.DENIED;
    }
    if (error instanceof ClosedByInterruptException) {
      return FailureKind.CANCELLED;
    }
    return LIMITS.stream().anyMatch(reason::contains)
        ? FailureKind.EXHAUSTED
        : FailureKind.INTERNAL;
  }
}
