package dev.beagle.net.tcp;

/** Arithmetic of sequence numbers modulo 2^32 (RFC 9293 3.4). */
final class Sequence {
  private Sequence() {}

  public static boolean before(int a, int b) {
    return a - b < 0;
  }

  public static boolean after(int a, int b) {
    return a - b > 0;
  }
}
