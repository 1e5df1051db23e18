package dev.beagle.node.demo;

import dev.beagle.node.output.Console;
import dev.beagle.node.output.Units;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Shows steps with their times as they happen: on a terminal the running step is announced and then
 * overwritten, elsewhere each step is one line when it is done. Confined to one thread.
 */
final class Steps {
  private static final int TITLE_WIDTH = 26;

  private final Console console;
  private final Time time;
  private final long begin;

  Steps(Console console, Time time) {
    this.console = console;
    this.time = time;
    this.begin = time.nanos();
  }

  /**
   * @param title what is there afterwards
   * @param action returns what to say about it
   */
  void run(String title, Supplier<String> action) {
    long started = time.nanos();
    if (console.outTerminal()) {
      console.out().print(console.faint("   ...    " + title));
      console.out().flush();
    }
    String detail;
    try {
      detail = action.get();
    } catch (RuntimeException error) {
      show(console.bad("failed"), started, title, "");
      throw error;
    }
    show(console.good("ok"), started, title, detail);
  }

  String total() {
    return Units.seconds(Duration.ofNanos(time.nanos() - begin));
  }

  private void show(String mark, long started, String title, String detail) {
    String clear = console.outTerminal() ? "\r\u001b[K" : "";
    String took = Units.seconds(Duration.ofNanos(time.nanos() - started));
    String padded = title + " ".repeat(Math.max(0, TITLE_WIDTH - title.length()));
    String line = "%s  %7s  %s  %s".formatted(mark, took, padded, detail).stripTrailing();
    console.line(clear + line);
  }
}
