package dev.beagle.node.cli;

import dev.beagle.cri.node.v1.LayerProgress;
import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.failure.Failure;
import dev.beagle.node.output.Units;
import java.time.Duration;
import java.util.List;

/**
 * A pull as one line of a terminal: what is pulled, a bar over all its bytes, numbers. Narrow
 * terminals get fewer numbers before they get a shorter bar. Pure.
 */
final class PullLine {
  private static final int SHORTEST_BAR = 8;
  private static final int LONGEST_BAR = 30;

  private PullLine() {}

  /** How many of the layers are here, those that always were included. */
  static long here(PullProgress progress) {
    return progress.getLayersList().stream().filter(PullLine::isHere).count();
  }

  static boolean isHere(LayerProgress layer) {
    return layer.getState() == LayerState.LAYER_STATE_DONE
        || layer.getState() == LayerState.LAYER_STATE_PRESENT;
  }

  /**
   * @param progress without layers when nothing is known yet
   * @param width the most columns that it may have
   */
  static String of(String reference, PullProgress progress, Duration elapsed, int width) {
    String name = name(reference, width);
    long expected = progress.getBytesExpected();
    long received = Math.min(progress.getBytesReceived(), expected);
    if (progress.getLayersCount() == 0 || expected == 0 || received == expected) {
      String doing =
          progress.getLayersCount() == 0
              ? "asking the registry"
              : expected == 0 ? "all layers are here" : "unpacking";
      return cut(name + "  " + doing + "  " + Units.seconds(elapsed), width);
    }
    String percent = "%3d%%".formatted((int) (100.0 * received / expected));
    List<String> numbers =
        List.of(
            Units.bytes(received) + " of " + Units.bytes(expected),
            here(progress) + "/" + progress.getLayersCount() + " layers",
            Units.seconds(elapsed));
    StringBuilder tail = new StringBuilder(percent);
    for (String number : numbers) {
      if (bar(name, tail.length() + 2 + number.length(), width) < SHORTEST_BAR) {
        break;
      }
      tail.append("  ").append(number);
    }
    int bar = Math.min(bar(name, tail.length(), width), LONGEST_BAR);
    return bar < 1
        ? cut(name + " " + tail, width)
        : name + " [" + filled(bar, received, expected) + "] " + tail;
  }

  /** Columns that are left for a bar between its brackets. */
  private static int bar(String name, int tail, int width) {
    return width - name.length() - tail - " [] ".length();
  }

  private static String filled(int columns, long received, long expected) {
    int full = (int) (columns * (double) received / expected);
    return "=".repeat(full) + (full < columns ? ">" + " ".repeat(columns - full - 1) : "");
  }

  /** The whole name in a third of the line, or else its last part. */
  private static String name(String reference, int width) {
    String whole = Failure.printable(reference);
    int most = Math.max(8, width / 3);
    return whole.length() <= most
        ? whole
        : cut(whole.replaceFirst("@.*", "").replaceFirst(".*/", ""), most);
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, Math.max(0, width - 2)) + "..";
  }
}
