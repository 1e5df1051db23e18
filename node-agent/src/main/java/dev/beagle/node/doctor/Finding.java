package dev.beagle.node.doctor;

/**
 * What one check found.
 *
 * @param check what was looked at, one or two words
 * @param detail what is there, or what is not and why
 * @param wayOut what to do about it; empty when nothing has to be done
 */
public record Finding(String check, Verdict verdict, String detail, String wayOut) {
  /** How good that is. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /** Works, but something is worse than it could be or absent without need. */
    NOTE,
    /** Pods of the default kind cannot run. */
    MISSING
  }

  static Finding ok(String check, String detail) {
    return new Finding(check, Verdict.OK, detail, "");
  }

  static Finding note(String check, String detail, String wayOut) {
    return new Finding(check, Verdict.NOTE, detail, wayOut);
  }

  static Finding missing(String check, String detail, String wayOut) {
    return new Finding(check, Verdict.MISSING, detail, wayOut);
  }
}
