package dev.beagle.net.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many descriptors this process may open, and how many of them flows may have. */
final class FileLimit {
  static final Path OF_THIS_PROCESS = Path.of("/proc/self/limits");

  /** Where the system does not say: macOS, whose JVM raises its limit to 10240. */
  private static final long USUAL = 8192;

  /** For control and port sockets, listeners, files, and a socket for each DNS question. */
  private static final long RESERVE = 2048;

  private static final int MOST_FLOWS = 16_384;
  private static final String ROW = "Max open files";

  private FileLimit() {}

  /** The soft limit as proc(5) shows it. */
  static long read(Path limits) {
    try {
      for (String line : Files.readAllLines(limits)) {
        if (line.startsWith(ROW)) {
          String values = line.substring(ROW.length()).strip() + ' ';
          String soft = values.substring(0, values.indexOf(' '));
          return soft.equals("unlimited") ? Integer.MAX_VALUE : Long.parseLong(soft);
        }
      }
    } catch (IOException | NumberFormatException unknown) {
      return USUAL;
    }
    return USUAL;
  }

  /** TCP flows under a limit; UDP flows may take as many descriptors again. */
  static int largestFlows(long limit) {
    long forFlows = limit - Math.min(RESERVE, limit / 2);
    return Math.clamp(forFlows / 2, 1, MOST_FLOWS);
  }
}
