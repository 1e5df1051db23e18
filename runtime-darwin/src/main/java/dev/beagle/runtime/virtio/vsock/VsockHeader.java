package dev.beagle.runtime.virtio.vsock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What every packet begins with (virtio 1.2, section 5.10.6): 44 bytes, little-endian. Ports and
 * sizes are unsigned, in {@code int}s as they travel.
 *
 * @param length bytes of payload behind it
 * @param type 1 for streams, the only one here
 * @param bufferSize {@code buf_alloc}: what the sender of this packet takes unread, in bytes
 * @param forwarded {@code fwd_cnt}: how many bytes it has read so far, modulo 2^32
 */
record VsockHeader(
    long sourceCid,
    long targetCid,
    int sourcePort,
    int targetPort,
    int length,
    int type,
    int operation,
    int flags,
    int bufferSize,
    int forwarded) {
  static final int BYTES = 44;
  static final int STREAM = 1;

  static final int REQUEST = 1;
  static final int RESPONSE = 2;
  static final int RESET = 3;
  static final int SHUTDOWN = 4;
  static final int DATA = 5;
  static final int CREDIT_UPDATE = 6;
  static final int CREDIT_REQUEST = 7;

  /** Flags of SHUTDOWN: its sender reads no more, or writes no more. */
  static final int NO_RECEIVE = 1;

  static final int NO_SEND = 2;

  /**
   * @param bytes at least 44 left, of which it takes these
   */
  static VsockHeader read(ByteBuffer bytes) {
    ByteBuffer in = bytes.slice(bytes.position(), BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + BYTES);
    return new VsockHeader(
        in.getLong(0),
        in.getLong(8),
        in.getInt(16),
        in.getInt(20),
        in.getInt(24),
        in.getShort(28) & 0xFFFF,
        in.getShort(30) & 0xFFFF,
        in.getInt(32),
        in.getInt(36),
        in.getInt(40));
  }

  /** Writes 44 bytes at an index, not at the position. */
  void write(ByteBuffer bytes, int index) {
    bytes
        .slice(index, BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sourceCid)
        .putLong(targetCid)
        .putInt(sourcePort)
        .putInt(targetPort)
        .putInt(length)
        .putShort((short) type)
        .putShort((short) operation)
        .putInt(flags)
        .putInt(bufferSize)
        .putInt(forwarded);
  }
}
