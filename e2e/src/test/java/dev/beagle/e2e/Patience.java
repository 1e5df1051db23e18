package dev.beagle.e2e;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Calls of a client that does not give up while a daemon is killed and started again. */
final class Patience {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private Patience() {}

  /**
   * Calls until it succeeds.
   *
   * @param hopeless when to give up at once
   * @return what it printed; empty when it is hopeless
   * @throws AssertionError when it has not succeeded in a minute, with what it said by and by
   */
  static java.util.Optional<String> repeat(
      Supplier<Command.Result> call, BooleanSupplier hopeless) {
    long end = System.nanoTime() + LIMIT.toNanos();
    Set<String> said = new LinkedHashSet<>();
    while (true) {
      Command.Result result = call.get();
      if (result.exit() == 0) {
        return java.util.Optional.of(result.out().stripTrailing());
      }
      // Each begins with its time.
      said.add(result.err().replaceAll("time=\"[^\"]*\" ", ""));
      if (hopeless.getAsBoolean()) {
        return java.util.Optional.empty();
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("%s: %s".formatted(result.command(), String.join("", said)));
      }
      pause(PAUSE);
    }
  }

  static String repeat(Supplier<Command.Result> call) {
    return repeat(call, () -> false).orElseThrow();
  }

  static void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    for (long left; (left = end - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(Math.min(left, TimeUnit.SECONDS.toNanos(1)));
    }
  }
}
