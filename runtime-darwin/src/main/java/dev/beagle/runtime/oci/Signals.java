package dev.beagle.runtime.oci;

import dev.beagle.failure.Failure;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Linux signal names and numbers (signal(7)). */
public final class Signals {
  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;

  private static final int RTMIN = 34;
  private static final int RTMAX = 64;

  /** kill -l counts from SIGRTMIN so far, then back from SIGRTMAX. */
  private static final int NAMED_FROM_RTMIN = 15;

  /** At index n - 1 the name of signal n. */
  private static final List<String> NAMES =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private Signals() {}

  /**
   * The number of a signal named as images and CRI do: a number, a name in any case with or without
   * SIG, RTMIN+n, RTMAX-n, or CRI's RTMINPLUSn and RTMAXMINUSn.
   */
  public static int number(String signal) {
    String name = signal.toUpperCase(Locale.ROOT);
    if (name.startsWith("SIG")) {
      name = name.substring(3);
    }
    int number = NAMES.indexOf(name) + 1;
    if (number == 0) {
      number = realTimeOrNumber(name.replace("PLUS", "+").replace("MINUS", "-"));
    }
    if (number < 1 || number > RTMAX) {
      throw Failure.invalidArgument("unknown signal " + signal);
    }
    return number;
  }

  /**
   * The name by which a number is known: {@code SIGTERM}, {@code SIGRTMIN+15}, {@code SIGRTMAX-14};
   * of two names (SIGIO, SIGPOLL) the first, empty for what has none (32 and 33 are libc's own).
   */
  public static Optional<String> name(int number) {
    if (number >= 1 && number <= NAMES.size()) {
      return Optional.of("SIG" + NAMES.get(number - 1));
    }
    if (number < RTMIN || number > RTMAX) {
      return Optional.empty();
    }
    int aboveMin = number - RTMIN;
    int belowMax = RTMAX - number;
    if (aboveMin <= NAMED_FROM_RTMIN) {
      return Optional.of("SIGRTMIN" + (aboveMin == 0 ? "" : "+" + aboveMin));
    }
    return Optional.of("SIGRTMAX" + (belowMax == 0 ? "" : "-" + belowMax));
  }

  private static int realTimeOrNumber(String name) {
    try {
      if (name.equals("IOT")) {
        return 6;
      }
      if (name.equals("POLL")) {
        return 29;
      }
      if (name.startsWith("RTMIN")) {
        return RTMIN + (name.length() == 5 ? 0 : Integer.parseInt(name.substring(5)));
      }
      if (name.startsWith("RTMAX")) {
        return RTMAX + (name.length() == 5 ? 0 : Integer.parseInt(name.substring(5)));
      }
      return Integer.parseInt(name);
    } catch (NumberFormatException notOne) {
      return -1;
    }
  }
}
