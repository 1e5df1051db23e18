package dev.beagle.node.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** stty(1) on the terminal that we were started from; it is the same on Linux and macOS. */
final class Stty {
  private static final File TERMINAL = new File("/dev/tty");

  private Stty() {}

  /** Columns and rows. */
  record Size(int columns, int rows) {}

  /** Empty when there is no terminal, or it does not know. */
  static Optional<Size> size() {
    String[] rowsAndColumns = call("size").split(" ", -1);
    try {
      return rowsAndColumns.length == 2
          ? Optional.of(
                  new Size(
                      Integer.parseInt(rowsAndColumns[1]), Integer.parseInt(rowsAndColumns[0])))
              .filter(size -> size.columns() > 0 && size.rows() > 0)
          : Optional.empty();
    } catch (NumberFormatException unknown) {
      return Optional.empty();
    }
  }

  /** What stty says; empty when there is no terminal. Blocks its thread, natively, for a moment. */
  static String call(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(TERMINAL)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      return process.waitFor() == 0 ? answer : "";
    } catch (IOException noTerminal) {
      return "";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
