package dev.beagle.node.transport;

import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stops reading a connection while what was read from it and not yet consumed exceeds a limit. SPDY
 * as Go peers speak it has no flow control, so one slow consumer holds up all streams of its
 * connection, as it does in Go.
 *
 * <p>{@link #take} belongs to the event loop, {@link #give} to any thread; the channel is only
 * switched on the event loop, so that a late "on" cannot overtake an "off".
 */
public final class ReadGate {
  /** So many bytes shut it ... */
  public static final int HIGH = 256 * 1024;

  /** ... and so few open it again. */
  public static final int LOW = 64 * 1024;

  private final Channel channel;
  private final AtomicInteger held = new AtomicInteger();

  public ReadGate(Channel channel) {
    this.channel = channel;
  }

  void take(int bytes) {
    if (held.addAndGet(bytes) > HIGH) {
      channel.config().setAutoRead(false);
    }
  }

  void give(int bytes) {
    int after = held.addAndGet(-bytes);
    if (after <= LOW && after + bytes > LOW && !channel.eventLoop().isShuttingDown()) {
      channel.eventLoop().execute(this::reopen);
    }
  }

  /**
   * Has the action run on the event loop at each interval at which reading is stopped. It should
   * write something: while we do not read, only a failing write shows that the other end has gone.
   */
  public void whileShut(Duration interval, Runnable action) {
    var ticking =
        channel
            .eventLoop()
            .scheduleAtFixedRate(
                () -> {
                  if (!channel.config().isAutoRead()) {
                    action.run();
                  }
                },
                interval.toMillis(),
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> ticking.cancel(false));
  }

  /** Read and not yet consumed, in bytes. */
  public int held() {
    return held.get();
  }

  private void reopen() {
    if (held.get() <= HIGH) {
      channel.config().setAutoRead(true);
    }
  }
}
