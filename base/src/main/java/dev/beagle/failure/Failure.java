package dev.beagle.failure;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operation could not be done and its caller may act on it. The message names the object and the
 * reason, and where there is one the way out; it never repeats the cause's stack of "failed to".
 * Whatever went into it, it is one line that a log or a terminal can show.
 */
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int SHOWN_BYTES = 1024;

  /** Together less than the whole: a character that is cut takes up to nine bytes. */
  private static final int SHOWN_HEAD = 640;

  private static final int SHOWN_TAIL = 320;

  private final FailureKind kind;

  /** Of what is sent elsewhere as an object nobody acts on it. */
  private final transient @Nullable FailureDetail detail;

  private Failure(
      FailureKind kind, String message, @Nullable Throwable cause, @Nullable FailureDetail detail) {
    super(printable(message), cause);
    this.kind = kind;
    this.detail = detail;
  }

  public FailureKind kind() {
    return kind;
  }

  public Optional<FailureDetail> detail() {
    return Optional.ofNullable(detail);
  }

  /** The same failure with what a caller may act on. */
  public Failure with(FailureDetail known) {
    Failure detailed = new Failure(kind, reason(), getCause(), known);
    detailed.setStackTrace(getStackTrace());
    return detailed;
  }

  /** The message, never null. */
  public String reason() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }

  /**
   * A path, a name or a foreign message as messages show it: at most 1 KiB of UTF-8. Of a longer
   * text the beginning and the end stay, for there the reason stands.
   */
  public static String shown(@Nullable Object text) {
    String whole = String.valueOf(text);
    byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= SHOWN_BYTES) {
      return whole;
    }
    return new String(bytes, 0, SHOWN_HEAD, StandardCharsets.UTF_8)
        + "..."
        + new String(bytes, bytes.length - SHOWN_TAIL, SHOWN_TAIL, StandardCharsets.UTF_8);
  }

  /**
   * A text of anybody's on one line, for logs and terminals: every character that could begin a
   * line, move a cursor or turn the direction of the text becomes {@code ?}.
   */
  public static String printable(String text) {
    return text.codePoints().anyMatch(Failure::commands)
        ? text.codePoints()
            .map(point -> commands(point) ? '?' : point)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }

  private static boolean commands(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
      // Marks, embeddings, overrides and isolates of UAX #9; other format characters join emoji.
      case Character.FORMAT ->
          point == 0x061C
              || (point >= 0x200E && point <= 0x200F)
              || (point >= 0x202A && point <= 0x202E)
              || (point >= 0x2066 && point <= 0x2069);
      default -> false;
    };
  }

  public static Failure of(FailureKind kind, String message) {
    return new Failure(kind, message, null, null);
  }

  public static Failure of(FailureKind kind, String message, Throwable cause) {
    return new Failure(kind, message, cause, null);
  }

  public static Failure invalidArgument(String message) {
    return of(FailureKind.INVALID_ARGUMENT, message);
  }

  /** For instance {@code notFound("sandbox", id)}: "sandbox 4f2a not found". */
  public static Failure notFound(String object, Object id) {
    return of(FailureKind.NOT_FOUND, object + " " + id + " not found");
  }

  public static Failure alreadyExists(String message) {
    return of(FailureKind.ALREADY_EXISTS, message);
  }

  public static Failure wrongState(String message) {
    return of(FailureKind.WRONG_STATE, message);
  }

  public static Failure exhausted(String message) {
    return of(FailureKind.EXHAUSTED, message);
  }

  public static Failure denied(String message) {
    return of(FailureKind.DENIED, message);
  }

  public static Failure unauthenticated(String message) {
    return of(FailureKind.UNAUTHENTICATED, message);
  }

  public static Failure unavailable(String message, Throwable cause) {
    return of(FailureKind.UNAVAILABLE, message, cause);
  }

  public static Failure unavailable(String message) {
    return of(FailureKind.UNAVAILABLE, message);
  }

  public static Failure timedOut(String message) {
    return of(FailureKind.TIMED_OUT, message);
  }

  public static Failure cancelled(String message) {
    return of(FailureKind.CANCELLED, message);
  }

  public static Failure unsupported(String message) {
    return of(FailureKind.UNSUPPORTED, message);
  }

  public static Failure corrupted(String message) {
    return of(FailureKind.CORRUPTED, message);
  }

  public static Failure corrupted(String message, Throwable cause) {
    return of(FailureKind.CORRUPTED, message, cause);
  }

  public static Failure internal(String message) {
    return of(FailureKind.INTERNAL, message);
  }

  public static Failure internal(String message, Throwable cause) {
    return of(FailureKind.INTERNAL, message, cause);
  }
}
