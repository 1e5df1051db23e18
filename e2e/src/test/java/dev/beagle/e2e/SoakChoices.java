package dev.beagle.e2e;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * What a seed of {@link Soak} decides: who is killed when, and what each client does with its pods.
 * Every choice takes the same number of draws whatever is running, and each of those who choose has
 * a generator of its own, so that a seed gives the same choices however far each of them gets.
 */
final class SoakChoices {
  /** Generators of one seed differ by these. */
  private static final long KILLS = 1;

  private static final long CLIENTS = 1 << 20;

  private final long seed;
  private final Random kills;

  SoakChoices(long seed) {
    this.seed = seed;
    this.kills = generator(KILLS);
  }

  /** Seeds that are near each other must not give sequences that are. */
  private Random generator(long number) {
    return new Random(new Random(seed).nextLong() ^ new Random(number).nextLong());
  }

  /** What is killed. */
  enum Target {
    DAEMON,
    AGENT,
    SWITCH,
    OCI_RUNTIME
  }

  /**
   * One kill.
   *
   * @param pause before it
   * @param lot which of those that are there, from 0 to less than 1
   */
  record Kill(Duration pause, Target target, double lot) {
    <T> Optional<T> victim(List<T> candidates) {
      return candidates.isEmpty()
          ? Optional.empty()
          : Optional.of(candidates.get((int) (lot * candidates.size())));
    }
  }

  /** The next kill; of one thread. */
  Kill nextKill() {
    Duration pause = Duration.ofMillis(500 + kills.nextInt(4000));
    Target target = Target.values()[kills.nextInt(Target.values().length)];
    return new Kill(pause, target, kills.nextDouble());
  }

  /**
   * What becomes of a pod.
   *
   * @param code what its second container exits with
   * @param gently stopped before it is removed
   */
  record Life(int code, boolean gently) {}

  /** The pods of one client in one of the soak's phases. */
  Lives client(int phase, int number) {
    return new Lives(generator(CLIENTS * (phase + 1) + number));
  }

  /** Of one thread. */
  static final class Lives {
    private final Random random;

    private Lives(Random random) {
      this.random = random;
    }

    Life next() {
      return new Life(random.nextInt(100), random.nextBoolean());
    }
  }
}
