package dev.beagle.net.flow;

import java.util.HashMap;
import java.util.Map;

/**
 * How much of something there is, and who holds it. Nobody holds more than a quarter, so that one
 * pod's greed is not felt by the others. Pure; what nobody holds is not remembered.
 *
 * @param <K> who holds; by its equality
 */
public final class Quota<K> {
  private static final int SHARES = 4;

  private final long all;
  private final Map<K, Long> held = new HashMap<>();
  private long sum;

  public Quota(long all) {
    this.all = all;
  }

  /** Gives the amount to the holder, or nothing and false where that would be too much. */
  public boolean take(K holder, long amount) {
    long before = held.getOrDefault(holder, 0L);
    if (sum + amount > all || before + amount > all / SHARES) {
      return false;
    }
    if (amount > 0) {
      held.put(holder, before + amount);
      sum += amount;
    }
    return true;
  }

  /** Takes back what {@link #take} gave. */
  public void giveBack(K holder, long amount) {
    long after = held.getOrDefault(holder, 0L) - amount;
    if (after < 0) {
      throw new IllegalStateException(holder + " gives back " + -after + " more than it holds");
    }
    if (after == 0) {
      held.remove(holder);
    } else {
      held.put(holder, after);
    }
    sum -= amount;
  }

  /** What all hold together. */
  public long sum() {
    return sum;
  }
}
