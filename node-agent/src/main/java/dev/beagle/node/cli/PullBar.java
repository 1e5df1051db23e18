package dev.beagle.node.cli;

import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;
import java.time.Duration;

/**
 * The moving line of a pull on a terminal. A thread of its own redraws it, so that it moves while
 * nothing comes; it is gone from the terminal once closed, also when a signal ends us. Thread-safe.
 */
final class PullBar implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final int TICKS_PER_WIDTH = 5;
  private static final String FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

  private final Console console;
  private final Time time;
  private final String reference;
  private final long begin;
  // A platform thread, because asking for the terminal's width blocks natively.
  private final Thread ticker = Thread.ofPlatform().name("pull-bar").daemon().unstarted(this::tick);
  private final Thread wiping = Thread.ofPlatform().name("wipe").unstarted(this::wipe);
  private PullProgress progress = PullProgress.getDefaultInstance();
  private int width;
  private boolean closed;

  private PullBar(Console console, Time time, String reference) {
    this.console = console;
    this.time = time;
    this.reference = reference;
    this.begin = time.nanos();
    this.width = console.width();
  }

  static PullBar open(Console console, Time time, String reference) {
    PullBar bar = new PullBar(console, time, reference);
    Runtime.getRuntime().addShutdownHook(bar.wiping);
    bar.ticker.start();
    return bar;
  }

  synchronized void show(PullProgress now) {
    progress = now;
  }

  private void tick() {
    try {
      for (int frame = 0; ; frame++) {
        if (frame % TICKS_PER_WIDTH == 0) {
          resize(Stty.size().map(Stty.Size::columns).orElse(console.width()));
        }
        draw(frame);
        time.sleep(TICK);
      }
    } catch (InterruptedException done) {
      // closed
    }
  }

  /** A terminal that became narrower has wrapped the line: what is below it goes too. */
  private synchronized void resize(int columns) {
    if (columns < width && !closed) {
      console.err().print("\r\u001b[J");
    }
    width = columns;
  }

  private synchronized void draw(int frame) {
    if (closed) {
      return;
    }
    Duration elapsed = Duration.ofNanos(time.nanos() - begin);
    // The last column stays free: some terminals wrap when it is written.
    String line = PullLine.of(reference, progress, elapsed, Math.max(1, width - 3));
    console.err().print("\r" + FRAMES.charAt(frame % FRAMES.length()) + " " + line + "\u001b[K");
    console.err().flush();
  }

  private synchronized void wipe() {
    closed = true;
    console.err().print("\r\u001b[K");
    console.err().flush();
  }

  @Override
  public void close() {
    ticker.interrupt();
    wipe();
    try {
      Runtime.getRuntime().removeShutdownHook(wiping);
    } catch (IllegalStateException endingAlready) {
      // then it wipes an empty line
    }
  }
}
