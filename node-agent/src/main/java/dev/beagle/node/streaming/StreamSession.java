package dev.beagle.node.streaming;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a client's connection is for. All methods belong to the connection's event loop. */
interface StreamSession {
  /** The connection is upgraded; first call. */
  void start(PeerConnection connection, Timers timers);

  /**
   * The client opened a stream.
   *
   * @param headers by lower-case name
   * @return false to refuse it
   */
  boolean accept(PeerStream stream, Function<String, @Nullable String> headers);

  /** The connection is gone; called once, also after {@link PeerConnection#finish}. */
  void lost();

  /** Runs an action on the event loop after a delay, unless what it returns runs before. */
  @FunctionalInterface
  interface Timers {
    Runnable after(Duration delay, Runnable action);
  }
}
