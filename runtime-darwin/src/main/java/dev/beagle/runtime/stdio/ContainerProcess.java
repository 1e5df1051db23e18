package dev.beagle.runtime.stdio;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * A process in a container with the streams that the caller asked for: an exec that was started for
 * this caller, or the caller's attachment to the container's own process. Each stream may be used
 * by one thread at a time, different streams by different threads; blocking calls on them suit
 * virtual threads. With a terminal there is no stderr.
 */
public interface ContainerProcess extends AutoCloseable {
  /**
   * Closing it is end of file for the process (for an attachment: only if the container says so).
   */
  Optional<OutputStream> stdin();

  Optional<InputStream> stdout();

  Optional<InputStream> stderr();

  /** Sets the terminal's size; nothing without a terminal. */
  void resize(TerminalSize size);

  /**
   * Waits for the end of the process. Output may still be unread then.
   *
   * @throws dev.beagle.failure.Failure TIMED_OUT when the exec's own time limit ended it, NOT_FOUND
   *     or UNAVAILABLE when the sandbox went away
   */
  ExitStatus await() throws InterruptedException;

  /** Lets go of the streams. The process itself goes on; its further output is discarded. */
  @Override
  void close();
}
