package dev.beagle.net.testing;

import dev.beagle.net.flow.TimerQueue;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** One direction of a link that loses, doubles, delays and reorders frames, by a seed. */
public final class FaultyLink {
  private final Faults faults;
  private final Random random;
  private final TimerQueue timers;
  private final LongSupplier now;
  private final Consumer<ByteBuffer> far;
  private long lost;
  private boolean cut;

  /**
   * Chances in thousandths, delay in nanoseconds.
   *
   * @param reorder frames that take up to five times the delay
   */
  public record Faults(int loss, int duplicate, int reorder, long delayNanos) {
    public static final Faults NONE = new Faults(0, 0, 0, 10_000);
  }

  public FaultyLink(
      Faults faults, Random random, TimerQueue timers, LongSupplier now, Consumer<ByteBuffer> far) {
    this.faults = faults;
    this.random = random;
    this.timers = timers;
    this.now = now;
    this.far = far;
  }

  /** Takes a copy of a frame. */
  public void send(ByteBuffer frame) {
    if (cut || random.nextInt(1000) < faults.loss) {
      lost++;
      return;
    }
    deliver(frame);
    if (random.nextInt(1000) < faults.duplicate) {
      deliver(frame);
    }
  }

  private void deliver(ByteBuffer frame) {
    ByteBuffer copy = ByteBuffer.allocate(frame.remaining()).put(frame.duplicate()).flip();
    long delay = faults.delayNanos;
    if (random.nextInt(1000) < faults.reorder) {
      delay += random.nextLong(4 * faults.delayNanos + 1);
    }
    timers.timer(() -> far.accept(copy)).arm(now.getAsLong() + delay);
  }

  /** Loses everything from now on. */
  public void cut() {
    cut = true;
  }

  public long lost() {
    return lost;
  }
}
