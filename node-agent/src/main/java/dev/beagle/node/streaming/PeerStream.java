package dev.beagle.node.streaming;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * One stream of a client's connection, whatever carries it. Its two ends are blocking and each
 * belongs to one virtual thread at a time.
 */
interface PeerStream {
  int id();

  /** End of file is the client's half-close; an IOException means a reset or a lost connection. */
  InputStream input();

  /**
   * A write returns when its bytes are in the socket's buffer, so a client that does not read holds
   * up the writer and no more than one write is in memory. Closing is our half-close; idempotent.
   */
  OutputStream output();

  /** Runs the action when the client resets the stream or is lost; at once if it was. */
  void onReset(Runnable action);

  /** Forgets the stream, its output being closed: what still comes on it is thrown away. */
  void release();

  /** Tells the client that the stream broke, and forgets it. */
  void reset();
}
