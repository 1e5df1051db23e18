package dev.beagle.runtime.virtio.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** struct virtio_blk_config, and the feature bits (virtio 1.2, sections 5.2.3 and 5.2.4). */
final class BlockConfig {
  static final int SECTOR = 512;

  static final long SEG_MAX = 1 << 2;
  static final long RO = 1 << 5;
  static final long BLK_SIZE = 1 << 6;
  static final long FLUSH = 1 << 9;
  static final long TOPOLOGY = 1 << 10;
  static final long DISCARD = 1 << 13;
  static final long WRITE_ZEROES = 1 << 14;

  static final int QUEUE_SIZE = 256;

  /** 128 MiB: what is done in one go when zeros have to be written. */
  static final int MAX_RANGE_SECTORS = (128 << 20) / SECTOR;

  static final int MAX_RANGES = 32;

  static final int CAPACITY = 0;
  private static final int SEGMENTS = 12;
  private static final int BLOCK_SIZE = 20;
  private static final int PHYSICAL_BLOCK = 24;
  private static final int MIN_IO_SIZE = 26;
  private static final int DISCARD_LIMITS = 36;
  private static final int WRITE_ZEROES_LIMITS = 48;
  private static final int BYTES = 60;

  /** log2 of the sectors in a block of the host, below which it reads before it writes. */
  private static final int SECTORS_IN_BLOCK_EXPONENT = 3;

  private static final int SECTORS_IN_BLOCK = 1 << SECTORS_IN_BLOCK_EXPONENT;

  private BlockConfig() {}

  static byte[] registers(long sizeBytes) {
    ByteBuffer registers = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    registers.put(CAPACITY, capacity(sizeBytes));
    registers.putInt(SEGMENTS, QUEUE_SIZE - 2);
    registers.putInt(BLOCK_SIZE, SECTOR);
    registers.put(PHYSICAL_BLOCK, (byte) SECTORS_IN_BLOCK_EXPONENT);
    registers.putShort(MIN_IO_SIZE, (short) SECTORS_IN_BLOCK);
    registers.putInt(DISCARD_LIMITS, MAX_RANGE_SECTORS);
    registers.putInt(DISCARD_LIMITS + 4, MAX_RANGES);
    registers.putInt(DISCARD_LIMITS + 8, SECTORS_IN_BLOCK);
    registers.putInt(WRITE_ZEROES_LIMITS, MAX_RANGE_SECTORS);
    registers.putInt(WRITE_ZEROES_LIMITS + 4, MAX_RANGES);
    registers.put(WRITE_ZEROES_LIMITS + 8, (byte) 1);
    return registers.array();
  }

  static byte[] capacity(long sizeBytes) {
    return ByteBuffer.allocate(Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sizeBytes / SECTOR)
        .array();
  }
}
