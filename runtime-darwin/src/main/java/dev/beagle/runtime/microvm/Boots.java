package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * How many machines boot at once. A boot computes: more of them than processors only delay each
 * other, until the last ones pass the time that a boot may take. Thread-safe.
 */
final class Boots {
  private final Semaphore free;

  Boots(int most) {
    this.free = new Semaphore(most, true);
  }

  /** Boots when its turn has come, in the order of calls. */
  <T> T inTurn(Supplier<T> boot) {
    try {
      free.acquire();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while other machines were booting");
    }
    try {
      return boot.get();
    } finally {
      free.release();
    }
  }
}
