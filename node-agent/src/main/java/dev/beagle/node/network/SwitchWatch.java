package dev.beagle.node.network;

import dev.beagle.net.control.SwitchClient;
import dev.beagle.net.control.SwitchProcess;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a switch running: one that dies, or hangs and is killed for it, has a successor at once,
 * which takes over ports, addresses and listeners from its records. A thread waits for its end and
 * asks it now and then whether it is well. Thread-safe.
 */
public final class SwitchWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SwitchWatch.class);
  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(5);

  private final Supplier<SwitchProcess> starter;
  private final Time time;
  private final Revival revival;
  private SwitchProcess current;
  private boolean closed;

  private SwitchWatch(Supplier<SwitchProcess> starter, Time time) {
    this.starter = starter;
    this.time = time;
    this.revival = new Revival("the switch", time);
    this.current = starter.get();
  }

  /**
   * @param starter finds the running switch or starts one
   */
  public static SwitchWatch open(Supplier<SwitchProcess> starter, Time time) {
    SwitchWatch watch = new SwitchWatch(starter, time);
    Thread.ofVirtual().name("switch-watch").start(watch::run);
    return watch;
  }

  private void run() {
    do {
      process().awaitEnd(PROBE_INTERVAL, time, this::isClosed, LOG::error);
    } while (revival.revive(this::isClosed, this::replace));
  }

  private synchronized SwitchProcess process() {
    return current;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void replace() {
    if (!closed) {
      current = starter.get();
    }
  }

  public synchronized SwitchClient client() {
    return current.client();
  }

  /** Ends the switch and the watching. */
  public void shutdown() {
    close();
    client().shutdown();
  }

  /** Lets go of the switch, which goes on. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
