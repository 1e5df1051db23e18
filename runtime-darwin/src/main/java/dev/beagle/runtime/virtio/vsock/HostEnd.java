package dev.beagle.runtime.virtio.vsock;

import dev.beagle.runtime.virtio.ActiveQueues;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The host's end of one stream, a socket for instance. It never blocks; when it can go on after it
 * could not, its owner says so to {@link VsockConnections#readable} or {@link
 * VsockConnections#writable}. Belongs to the device's worker thread.
 */
interface HostEnd {
  /**
   * Its stream is about to be opened.
   *
   * @param sending the queue to be processed when there is something for the guest
   * @throws IOException it cannot be: it is refused
   */
  default void begin(ActiveQueues queues, int sending) throws IOException {}

  /** Nobody in the guest listens there, or it left before it answered. Nothing more is called. */
  void refused();

  /**
   * Bytes for the guest.
   *
   * @return how many; 0 where there are none just now, -1 where there will be no more
   * @throws IOException the stream is broken: it is reset
   */
  int read(ByteBuffer target) throws IOException;

  /**
   * Bytes of the guest.
   *
   * @return how many were taken; fewer than there are, where no more are taken just now
   * @throws IOException nobody takes them any more: the stream is reset
   */
  int write(ByteBuffer source) throws IOException;

  /** The guest writes no more. */
  void finish();

  /** Both directions have ended, or the stream was reset. Nothing more is called. */
  void close();
}
