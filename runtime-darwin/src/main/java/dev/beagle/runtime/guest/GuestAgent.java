package dev.beagle.runtime.guest;

import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The agent of one world: calls, and streams beside them. Thread-safe; calls block the calling
 * thread, streams are announced by a call and then opened once by their token.
 */
public interface GuestAgent extends AutoCloseable {
  /**
   * Sends a request and waits for its reply.
   *
   * @param call the request without an id
   * @throws dev.beagle.failure.Failure the agent's own error with its kind; TIMED_OUT; UNAVAILABLE
   *     when the agent is gone
   */
  Reply call(Request.Builder call, Duration timeout);

  /**
   * Asks for a sign of life.
   *
   * @throws dev.beagle.failure.Failure as {@link #call}
   */
  default void ping(Duration timeout) {
    call(Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()), timeout);
  }

  /** Opens an announced stream. */
  ByteChannel openStream(StreamToken token);

  /** What to do with exits; those that came before are delivered at once. Set once. */
  void onExit(Consumer<Exited> listener);

  /** What to do when the agent is gone; at once when it is already. Set once. */
  void onGone(Runnable listener);

  /** Lets go of the agent, which goes on. */
  @Override
  void close();
}
