package dev.beagle.node.cli;

/** Ids as people read them. */
final class Ids {
  private static final int BRIEF = 12;

  private Ids() {}

  /** The first twelve digits, without the algorithm; enough to name the object again. */
  static String brief(String id) {
    String digits = id.substring(id.indexOf(':') + 1);
    return digits.substring(0, Math.min(BRIEF, digits.length()));
  }
}
