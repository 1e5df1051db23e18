package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The terminal we were started from, passing every key on as it is until closed. Works through
 * stty(1), which is the same on Linux and macOS.
 */
final class RawTerminal implements AutoCloseable {
  private static final File TERMINAL = new File("/dev/tty");

  private final String saved;

  private RawTerminal(String saved) {
    this.saved = saved;
  }

  /**
   * @param wanted without it nothing is changed and there is no size
   * @throws Failure INVALID_ARGUMENT when there is no terminal
   */
  static RawTerminal enter(boolean wanted) {
    if (!wanted) {
      return new RawTerminal("");
    }
    String saved = stty("-g");
    if (saved.isEmpty()) {
      throw Failure.invalidArgument("-t needs a terminal, and this is none");
    }
    stty("raw", "-echo");
    return new RawTerminal(saved);
  }

  /** As the resize stream takes it; empty when unknown. */
  String size() {
    List<String> rowsAndColumns = List.of(stty("size").split(" ", -1));
    return saved.isEmpty() || rowsAndColumns.size() != 2
        ? ""
        : "{\"Width\":%s,\"Height\":%s}\n".formatted(rowsAndColumns.get(1), rowsAndColumns.get(0));
  }

  @Override
  public void close() {
    if (!saved.isEmpty()) {
      stty(saved);
    }
  }

  private static String stty(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("stty"));
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
