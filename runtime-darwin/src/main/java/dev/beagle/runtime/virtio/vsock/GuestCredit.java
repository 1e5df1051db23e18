package dev.beagle.runtime.virtio.vsock;

import java.util.ArrayDeque;

/**
 * What the guest still takes of one stream (virtio 1.2, section 5.10.6.3): bytes by its own word,
 * and packets, because Linux counts each unread one as 576 bytes of its buffer at least (since
 * 6.12.92) and resets the stream of who sends more. Belongs to the device's worker thread.
 */
final class GuestCredit {
  private static final int PACKET_COST = 576;

  /** Ends of the packets that the guest has not told it read, as counts of bytes modulo 2^32. */
  private final ArrayDeque<Integer> unread = new ArrayDeque<>();

  private int bufferSize;
  private int forwarded;
  private int sent;

  /** What a packet of the guest says. One that counts what was never sent is not believed. */
  void told(VsockHeader header) {
    bufferSize = header.bufferSize();
    if (Integer.compareUnsigned(sent - header.forwarded(), sent - forwarded) <= 0) {
      forwarded = header.forwarded();
      Integer oldest = unread.peekFirst();
      while (oldest != null && Integer.compareUnsigned(sent - oldest, sent - forwarded) >= 0) {
        unread.removeFirst();
        oldest = unread.peekFirst();
      }
    }
  }

  void sent(int bytes) {
    sent += bytes;
    unread.addLast(sent);
  }

  /** Bytes that may be sent now, in one packet. */
  int room() {
    long packets = Integer.toUnsignedLong(bufferSize) / PACKET_COST;
    if (unread.size() + 1 > packets) {
      return 0;
    }
    long room = Integer.toUnsignedLong(bufferSize) - Integer.toUnsignedLong(sent - forwarded);
    return Math.clamp(room, 0, Integer.MAX_VALUE);
  }
}
