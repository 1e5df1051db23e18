package dev.beagle.node.doctor;

import java.util.List;

/** Runs a program of the host to its end; tests answer from a script. */
interface CommandRunner {
  /** Never throws: a program that is not there or hangs has a status like a shell's (127, 124). */
  Outcome run(List<String> command);

  /**
   * @param output standard output and error, cut at 4 KiB
   */
  record Outcome(int status, String output) {
    boolean succeeded() {
      return status == 0;
    }

    String firstLine() {
      return output
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .findFirst()
          .orElse("");
    }

    String lastLine() {
      return output
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .reduce((_, last) -> last)
          .orElse("");
    }
  }
}
