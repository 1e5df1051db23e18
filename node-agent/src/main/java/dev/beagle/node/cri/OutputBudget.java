package dev.beagle.node.cri;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of memory that all ExecSync calls may hold together. Thread-safe. */
final class OutputBudget {
  private final AtomicLong left;

  OutputBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  boolean take(int bytes) {
    long now = left.get();
    while (now >= bytes) {
      long seen = left.compareAndExchange(now, now - bytes);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  void giveBack(long bytes) {
    left.addAndGet(bytes);
  }

  long left() {
    return left.get();
  }
}
