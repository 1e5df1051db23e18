package dev.beagle.guestimage.archive;

/**
 * A version in Debian's order (deb-version(7)): epoch, upstream version, revision; digits count as
 * numbers, "~" stands before everything, even the end.
 */
public record DebianVersion(String text) implements Comparable<DebianVersion> {
  @Override
  public int compareTo(DebianVersion other) {
    int byEpoch = compareParts(epoch(), other.epoch());
    if (byEpoch != 0) {
      return byEpoch;
    }
    int byUpstream = compareParts(upstream(), other.upstream());
    return byUpstream != 0 ? byUpstream : compareParts(revision(), other.revision());
  }

  private String epoch() {
    int colon = text.indexOf(':');
    return colon < 0 ? "" : text.substring(0, colon);
  }

  private String withoutEpoch() {
    return text.substring(text.indexOf(':') + 1);
  }

  private String upstream() {
    String rest = withoutEpoch();
    int dash = rest.lastIndexOf('-');
    return dash < 0 ? rest : rest.substring(0, dash);
  }

  private String revision() {
    String rest = withoutEpoch();
    int dash = rest.lastIndexOf('-');
    return dash < 0 ? "" : rest.substring(dash + 1);
  }

  /** In turns: what is no digit, character by character, then a number. */
  private static int compareParts(String left, String right) {
    int i = 0;
    int j = 0;
    while (i < left.length() || j < right.length()) {
      while (inWord(left, i) || inWord(right, j)) {
        int difference = Integer.compare(weight(left, i), weight(right, j));
        if (difference != 0) {
          return difference;
        }
        i++;
        j++;
      }
      int leftEnd = endOfNumber(left, i);
      int rightEnd = endOfNumber(right, j);
      int difference = compareNumbers(left.substring(i, leftEnd), right.substring(j, rightEnd));
      if (difference != 0) {
        return difference;
      }
      i = leftEnd;
      j = rightEnd;
    }
    return 0;
  }

  private static boolean digit(char each) {
    return each >= '0' && each <= '9';
  }

  private static boolean inWord(String text, int at) {
    return at < text.length() && !digit(text.charAt(at));
  }

  /** "~", then the end of a word, then letters, then all else. */
  private static int weight(String text, int at) {
    if (!inWord(text, at)) {
      return 0;
    }
    char each = text.charAt(at);
    if (each == '~') {
      return -1;
    }
    boolean letter = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
    return letter ? each : each + 256;
  }

  private static int endOfNumber(String text, int from) {
    int end = Math.min(from, text.length());
    while (end < text.length() && digit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  /** Of any length. */
  private static int compareNumbers(String left, String right) {
    String plainLeft = left.replaceFirst("^0+", "");
    String plainRight = right.replaceFirst("^0+", "");
    int byLength = Integer.compare(plainLeft.length(), plainRight.length());
    return byLength != 0 ? byLength : plainLeft.compareTo(plainRight);
  }

  @Override
  public String toString() {
    return text;
  }
}
