package dev.beagle.net.control;

import dev.beagle.net.link.SwitchCounters;
import java.util.function.Consumer;

/**
 * Writes down exceptions that nobody foresaw, the first few with their stacks: a guest must not be
 * able to fill the log. Confined to one thread.
 */
final class DefectLog implements Consumer<RuntimeException> {
  private static final int WITH_STACK = 20;

  private final SwitchCounters counters;
  private int written;

  DefectLog(SwitchCounters counters) {
    this.counters = counters;
  }

  @Override
  public void accept(RuntimeException defect) {
    counters.increment(SwitchCounters.Counter.DEFECTS);
    if (written < WITH_STACK) {
      written++;
      defect.printStackTrace();
    }
  }
}
