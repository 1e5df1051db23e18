package dev.beagle.net.tcp;

import java.nio.ByteBuffer;

/** Who gets the bytes of a connection and is told what becomes of it. */
public interface TcpOwner {
  /** Why a connection ended before its time. */
  enum Abort {
    /** The peer answered our SYN with RST. */
    REFUSED,
    /** The peer reset the connection. */
    RESET,
    /** The peer was silent for too long. */
    TIMED_OUT,
    /**
     * The peer ended its direction in order and is gone without having waited for ours: what it
     * sent stands.
     */
    FORGOTTEN,
    /** We reset it, as was asked, after what was to be sent before. */
    DONE
  }

  /** The handshake is complete. */
  void established();

  /** Bytes in order: consume what can go on now, the rest is kept and offered again. */
  void received(ByteBuffer bytes);

  /** Every byte was consumed and the peer will send no more. Called once. */
  void receivedAll();

  /** There is room in the send buffer again. */
  void sendSpace();

  /** Both directions ended in order; the endpoint may still want to wait for stragglers. */
  void finished();

  /** The connection is gone. */
  void aborted(Abort reason);
}
