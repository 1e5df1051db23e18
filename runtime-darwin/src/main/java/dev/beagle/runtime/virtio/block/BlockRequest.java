package dev.beagle.runtime.virtio.block;

import dev.beagle.runtime.virtio.DescriptorChain;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * struct virtio_blk_req (virtio 1.2, section 5.2.6), read from its chain once: 16 bytes of header
 * and what is written to the disk, then what is read from it and the status as the last byte.
 */
final class BlockRequest {
  static final int IN = 0;
  static final int OUT = 1;
  static final int FLUSH = 4;
  static final int GET_ID = 8;
  static final int DISCARD = 11;
  static final int WRITE_ZEROES = 13;

  static final byte OK = 0;
  static final byte IOERR = 1;
  static final byte UNSUPP = 2;

  private static final int HEADER_BYTES = 16;

  private final DescriptorChain chain;
  private final int type;
  private final long sector;
  private final Parts out;
  private final Parts in;
  private final long inBytes;

  private BlockRequest(
      DescriptorChain chain, int type, long sector, Parts out, Parts in, long inBytes) {
    this.chain = chain;
    this.type = type;
    this.sector = sector;
    this.out = out;
    this.in = in;
    this.inBytes = inBytes;
  }

  /** None where there is no header, or no place for the status. */
  static Optional<BlockRequest> of(DescriptorChain chain) {
    Parts out = new Parts(chain.readable());
    long writable = chain.writableBytes();
    if (out.remaining() < HEADER_BYTES || writable == 0) {
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.wrap(out.copyOut(HEADER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    Parts in = new Parts(chain.writable(), writable - 1);
    return Optional.of(
        new BlockRequest(chain, header.getInt(0), header.getLong(8), out, in, writable - 1));
  }

  int type() {
    return type;
  }

  /** As the guest wrote it: any number. */
  long sector() {
    return sector;
  }

  /** What the guest sends. */
  Parts out() {
    return out;
  }

  /** The room for what the guest gets. */
  Parts in() {
    return in;
  }

  DescriptorChain chain() {
    return chain;
  }

  /**
   * Tells the guest how it went.
   *
   * @return the bytes written without a gap from the start of the writable part: the driver may
   *     look at no others
   */
  long finish(byte status) {
    MemorySegment last = chain.writable().getLast();
    last.set(ValueLayout.JAVA_BYTE, last.byteSize() - 1, status);
    long written = inBytes - in.remaining();
    return written == inBytes ? inBytes + 1 : written;
  }
}
