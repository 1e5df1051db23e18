package dev.beagle.net.loop;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One thread that waits for channels and timers and runs what is ready. Everything registered with
 * it, and everything that its handlers touch, belongs to that thread; nothing here is thread-safe
 * but {@link #stop}.
 */
public final class EventLoop implements AutoCloseable {
  private static final long MILLISECOND = 1_000_000L;
  private static final long PAUSE = 100 * MILLISECOND;
  private static final long LONGEST_WAIT = 60_000 * MILLISECOND;

  private final Time time;
  private final long origin;
  private final Selector selector;
  private final TimerQueue timers = new TimerQueue();
  private final Consumer<RuntimeException> defects;
  private final Consumer<SelectionKey> dispatch = this::dispatch;
  private volatile boolean stopping;

  /** What a channel's key carries: called with whatever the channel is ready for. */
  @FunctionalInterface
  public interface Handler {
    void ready(SelectionKey key);

    /**
     * {@link #ready} let an exception out that nobody foresaw, and it has been reported. What the
     * key stands for is given up: it would be ready for the same again, for ever.
     */
    default void failed(SelectionKey key, RuntimeException defect) {
      key.cancel();
      try {
        key.channel().close();
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  }

  /**
   * Opens a loop; {@link #run} is called by the thread that it shall be.
   *
   * @param defects hears of exceptions that handlers let out; the loop goes on
   */
  public EventLoop(Time time, Consumer<RuntimeException> defects) throws IOException {
    this.time = time;
    this.origin = time.nanos();
    this.selector = Selector.open();
    this.defects = defects;
  }

  /** Nanoseconds since the loop was opened. */
  public long now() {
    return time.nanos() - origin;
  }

  public TimerQueue timers() {
    return timers;
  }

  /** Watches a channel; makes it non-blocking. */
  public SelectionKey register(SelectableChannel channel, int operations, Handler handler)
      throws IOException {
    channel.configureBlocking(false);
    return channel.register(selector, operations, handler);
  }

  /** Runs until {@link #stop}. */
  public void run() throws IOException {
    runUntil(() -> false);
  }

  /** Runs until {@link #stop}, or until it is done, which is asked after every turn. */
  void runUntil(BooleanSupplier done) throws IOException {
    while (!stopping && !done.getAsBoolean()) {
      long wait = Math.min(timers.next() - now(), LONGEST_WAIT);
      if (wait <= 0) {
        selector.selectNow(dispatch);
      } else {
        // Rounded up: a timer a little late is better than a turn for nothing.
        selector.select(dispatch, (wait + MILLISECOND - 1) / MILLISECOND);
      }
      runTimers();
    }
  }

  private void dispatch(SelectionKey key) {
    try {
      if (key.isValid()) {
        ((Handler) key.attachment()).ready(key);
      }
    } catch (RuntimeException defect) {
      defects.accept(defect);
      giveUp(key, defect);
    }
  }

  private void giveUp(SelectionKey key, RuntimeException defect) {
    try {
      ((Handler) key.attachment()).failed(key, defect);
    } catch (RuntimeException again) {
      key.cancel();
      defects.accept(again);
    }
  }

  /** Stops watching for a moment, because what is there cannot be taken now. */
  public void pause(SelectionKey key) {
    int operations = key.interestOps();
    key.interestOps(0);
    timers
        .timer(() -> {
          if (key.isValid()) {
            key.interestOps(operations);
          }
        })
        .arm(now() + PAUSE);
  }

  private void runTimers() {
    boolean again = true;
    while (again) {
      try {
        timers.run(now());
        again = false;
      } catch (RuntimeException defect) {
        defects.accept(defect); // The timer that threw is spent; the rest still wait.
      }
    }
  }

  /** Makes {@link #run} return soon. Any thread. */
  public void stop() {
    stopping = true;
    selector.wakeup();
  }

  @Override
  public void close() {
    try {
      // What was closed while registered leaves the kernel's sight with the next select only.
      selector.selectNow();
      selector.close();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
