package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import java.util.Optional;

/**
 * The terminal we were started from, passing every key on as it is until closed, or until a signal
 * ends us.
 */
final class RawTerminal implements AutoCloseable {
  private final String saved;
  private final Thread restoring;

  private RawTerminal(String saved) {
    this.saved = saved;
    this.restoring = Thread.ofPlatform().name("terminal").unstarted(this::restore);
  }

  /**
   * @param wanted without it nothing is changed and there is no size
   * @throws Failure INVALID_ARGUMENT when there is no terminal
   */
  static RawTerminal enter(boolean wanted) {
    RawTerminal terminal = new RawTerminal(wanted ? require() : "");
    if (wanted) {
      Runtime.getRuntime().addShutdownHook(terminal.restoring);
      Stty.call("raw", "-echo");
    }
    return terminal;
  }

  /**
   * The terminal's settings.
   *
   * @throws Failure INVALID_ARGUMENT when there is no terminal, WRONG_STATE when it is another
   *     job's
   */
  static String require() {
    String settings = Stty.call("-g");
    if (settings.isEmpty()) {
      throw Failure.invalidArgument("-t needs a terminal, and this is none");
    }
    if (ProcessGroups.current().map(ProcessGroups::background).orElse(false)) {
      // who changes the terminal from there is stopped by the kernel
      throw Failure.wrongState("-t needs the foreground of a terminal (timeout --foreground)");
    }
    return settings;
  }

  /** Empty when unknown. */
  Optional<Stty.Size> size() {
    return saved.isEmpty() ? Optional.empty() : Stty.size();
  }

  private void restore() {
    Stty.call(saved);
  }

  @Override
  public void close() {
    if (saved.isEmpty()) {
      return;
    }
    restore();
    try {
      Runtime.getRuntime().removeShutdownHook(restoring);
    } catch (IllegalStateException endingAlready) {
      // then it restores once more, which does no harm
    }
  }
}
