package dev.beagle.node.cri;

import dev.beagle.cri.v1.Signal;
import dev.beagle.runtime.oci.Signals;

/** CRI's signals, whose numbers are their own, beside Linux's names ({@link Signals}). */
final class CriSignals {
  private static final String PREFIX = "SIGNAL_";

  private CriSignals() {}

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
    return Signals.name(number).map(CriSignals::ofName).orElse(Signal.SIGNAL_RUNTIME_DEFAULT);
  }
}
