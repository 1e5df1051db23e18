package dev.beagle.node.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whose turn the terminal is.
 *
 * @param own the process group we are in
 * @param foreground the one that may read from our terminal and change it; not positive where there
 *     is no terminal
 */
record ProcessGroups(long own, long foreground) {
  private static final Path STAT = Path.of("/proc/self/stat");

  /** Of this process; empty where the system does not say. Blocks its thread for a moment. */
  static Optional<ProcessGroups> current() {
    try {
      return Files.exists(STAT)
          ? ofStat(Files.readString(STAT, StandardCharsets.ISO_8859_1))
          : ofPs(ps(ProcessHandle.current().pid()));
    } catch (IOException unknown) {
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  boolean background() {
    return foreground > 0 && foreground != own;
  }

  /** proc_pid_stat(5): after the name in brackets state, ppid, pgrp, session, tty_nr, tpgid. */
  static Optional<ProcessGroups> ofStat(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length > 5 ? of(fields[2], fields[5]) : Optional.empty();
  }

  /** What {@code ps -o pgid= -o tpgid=} says. */
  static Optional<ProcessGroups> ofPs(String line) {
    String[] fields = line.strip().split(" +", -1);
    return fields.length == 2 ? of(fields[0], fields[1]) : Optional.empty();
  }

  private static Optional<ProcessGroups> of(String own, String foreground) {
    try {
      return Optional.of(new ProcessGroups(Long.parseLong(own), Long.parseLong(foreground)));
    } catch (NumberFormatException unknown) {
      return Optional.empty();
    }
  }

  private static String ps(long pid) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("ps", "-o", "pgid=", "-o", "tpgid=", "-p", Long.toString(pid))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return process.waitFor() == 0 ? said : "";
  }
}
