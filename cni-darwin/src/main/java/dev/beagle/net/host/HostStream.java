package dev.beagle.net.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A stream socket of the host, non-blocking. */
public interface HostStream {
  /** As a channel's read: -1 at the end, 0 when nothing is there. */
  int read(ByteBuffer into) throws IOException;

  /** Writes what goes now, from the buffer's position. */
  int write(ByteBuffer bytes) throws IOException;

  void wantRead(boolean wanted);

  void wantWrite(boolean wanted);

  /** The peer reads its end of file after what was written. */
  void endOutput() throws IOException;

  /** Idempotent. */
  void close();

  /** Closes so that the peer sees a reset. Idempotent. */
  void reset();

  /** Why a connection could not be had. */
  enum ConnectFailure {
    REFUSED,
    HOST_UNREACHABLE,
    NETWORK_UNREACHABLE,
    /** A firewall of the host said no. */
    DENIED,
    TIMED_OUT,
    /** Want of descriptors or ports here: says nothing about the other end. */
    LOCAL
  }

  /** What happens to a stream. */
  interface Events {
    void connected();

    void connectFailed(ConnectFailure why);

    void readable();

    void writable();

    /**
     * Handling one of these failed in a way that nobody foresaw: the stream is to be given up, and
     * what belongs to it. The loop calls it where the others let an exception out.
     */
    default void failed(RuntimeException defect) {
      throw defect;
    }
  }
}
