package dev.beagle.node.network;

import dev.beagle.net.control.SwitchClient;
import dev.beagle.net.control.SwitchProcess;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a switch running: one that dies has a successor at once, which takes over ports, addresses
 * and listeners from its records. Thread-safe.
 */
public final class SwitchWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SwitchWatch.class);

  private final Supplier<SwitchProcess> starter;
  private SwitchProcess current;
  private boolean closed;

  private SwitchWatch(Supplier<SwitchProcess> starter) {
    this.starter = starter;
    this.current = starter.get();
  }

  /**
   * @param starter finds the running switch or starts one
   */
  public static SwitchWatch open(Supplier<SwitchProcess> starter) {
    SwitchWatch watch = new SwitchWatch(starter);
    watch.follow();
    return watch;
  }

  private void follow() {
    SwitchProcess watched;
    synchronized (this) {
      watched = current;
    }
    Thread.ofVirtual()
        .name("switch-watch")
        .start(() -> {
          watched.ended().join();
          replace();
        });
  }

  private synchronized void replace() {
    if (closed) {
      return;
    }
    LOG.error("the switch has ended; starting another");
    try {
      current = starter.get();
      follow();
    } catch (RuntimeException failure) {
      LOG.error("the switch does not start again: {}", failure.getMessage());
    }
  }

  public synchronized SwitchClient client() {
    return current.client();
  }

  /** Ends the switch and the watching. */
  public void shutdown() {
    SwitchClient client;
    synchronized (this) {
      closed = true;
      client = current.client();
    }
    client.shutdown();
  }

  /** Lets go of the switch, which goes on. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
