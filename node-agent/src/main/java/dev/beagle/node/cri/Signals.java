package dev.beagle.node.cri;

import dev.beagle.cri.v1.Signal;
import java.util.Map;

/** CRI's signals, which have numbers of their own, beside Linux's names and numbers (signal(7)). */
final class Signals {
  private static final String PREFIX = "SIGNAL_";
  private static final int RTMIN = 34;
  private static final int RTMAX = 64;

  /** Aliases (SIGCLD, SIGIOT, SIGPOLL) are left out: a number has one name. */
  private static final Map<Integer, Signal> BY_NUMBER =
      Map.ofEntries(
          Map.entry(1, Signal.SIGNAL_SIGHUP),
          Map.entry(2, Signal.SIGNAL_SIGINT),
          Map.entry(3, Signal.SIGNAL_SIGQUIT),
          Map.entry(4, Signal.SIGNAL_SIGILL),
          Map.entry(5, Signal.SIGNAL_SIGTRAP),
          Map.entry(6, Signal.SIGNAL_SIGABRT),
          Map.entry(7, Signal.SIGNAL_SIGBUS),
          Map.entry(8, Signal.SIGNAL_SIGFPE),
          Map.entry(9, Signal.SIGNAL_SIGKILL),
          Map.entry(10, Signal.SIGNAL_SIGUSR1),
          Map.entry(11, Signal.SIGNAL_SIGSEGV),
          Map.entry(12, Signal.SIGNAL_SIGUSR2),
          Map.entry(13, Signal.SIGNAL_SIGPIPE),
          Map.entry(14, Signal.SIGNAL_SIGALRM),
          Map.entry(15, Signal.SIGNAL_SIGTERM),
          Map.entry(16, Signal.SIGNAL_SIGSTKFLT),
          Map.entry(17, Signal.SIGNAL_SIGCHLD),
          Map.entry(18, Signal.SIGNAL_SIGCONT),
          Map.entry(19, Signal.SIGNAL_SIGSTOP),
          Map.entry(20, Signal.SIGNAL_SIGTSTP),
          Map.entry(21, Signal.SIGNAL_SIGTTIN),
          Map.entry(22, Signal.SIGNAL_SIGTTOU),
          Map.entry(23, Signal.SIGNAL_SIGURG),
          Map.entry(24, Signal.SIGNAL_SIGXCPU),
          Map.entry(25, Signal.SIGNAL_SIGXFSZ),
          Map.entry(26, Signal.SIGNAL_SIGVTALRM),
          Map.entry(27, Signal.SIGNAL_SIGPROF),
          Map.entry(28, Signal.SIGNAL_SIGWINCH),
          Map.entry(29, Signal.SIGNAL_SIGIO),
          Map.entry(30, Signal.SIGNAL_SIGPWR),
          Map.entry(31, Signal.SIGNAL_SIGSYS));

  private Signals() {}

  /** {@code SIGTERM}, {@code SIGRTMIN+3}, {@code SIGRTMAX-2}; empty for the image's own. */
  static String name(Signal signal) {
    return signal == Signal.SIGNAL_RUNTIME_DEFAULT
        ? ""
        : signal.name().substring(PREFIX.length()).replace("PLUS", "+").replace("MINUS", "-");
  }

  /** The signal of a name that {@link #name} made. */
  static Signal ofName(String name) {
    return Signal.valueOf(PREFIX + name.replace("+", "PLUS").replace("-", "MINUS"));
  }

  /** The signal of a Linux number; SIGNAL_RUNTIME_DEFAULT for one without a name (32 and 33). */
  static Signal ofNumber(int number) {
    if (number < RTMIN || number > RTMAX) {
      return BY_NUMBER.getOrDefault(number, Signal.SIGNAL_RUNTIME_DEFAULT);
    }
    int aboveMin = number - RTMIN;
    int belowMax = RTMAX - number;
    if (aboveMin == 0 || belowMax == 0) {
      return aboveMin == 0 ? Signal.SIGNAL_SIGRTMIN : Signal.SIGNAL_SIGRTMAX;
    }
    return aboveMin <= 15 ? ofName("SIGRTMIN+" + aboveMin) : ofName("SIGRTMAX-" + belowMax);
  }
}
