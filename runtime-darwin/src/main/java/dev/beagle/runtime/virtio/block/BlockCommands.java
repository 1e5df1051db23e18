package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.virtio.ActiveQueues;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Carries out what is answered at once, in steps: between two of them it gives up where the
 * activation ends, for a vCPU waits for that. Belongs to the worker.
 */
final class BlockCommands {
  static final int SERIAL_BYTES = 20;

  /** Some 100 µs of copying; the storage may take longer. */
  private static final long STEP_BYTES = 1 << 20;

  private static final int STEP_PARTS = 256;

  /** Larger, for it is written only where the host makes no holes. */
  private static final long HOLE_STEP_BYTES = 16 << 20;

  private static final int RANGE_BYTES = 16;
  private static final int UNMAP = 1;

  private final byte[] serial;
  private final ActiveQueues queues;

  BlockCommands(byte[] serial, ActiveQueues queues) {
    this.serial = serial.clone();
    this.queues = queues;
  }

  /**
   * Gives the status for the guest; any, where the activation ends.
   *
   * @throws Failure EXHAUSTED when there is no room for what it writes: it can be carried out again
   */
  byte carryOut(BlockRequest request, Attachment attachment) {
    try {
      Disk disk = attachment.disk();
      return switch (request.type()) {
        case BlockRequest.IN -> read(request, disk);
        case BlockRequest.OUT -> write(request, disk);
        case BlockRequest.DISCARD ->
            queues.accepted(BlockConfig.DISCARD) ? discard(request, disk) : BlockRequest.UNSUPP;
        case BlockRequest.WRITE_ZEROES ->
            queues.accepted(BlockConfig.WRITE_ZEROES) ? zero(request, disk) : BlockRequest.UNSUPP;
        default -> BlockRequest.UNSUPP;
      };
    } catch (Failure error) {
      if (error.kind() == FailureKind.EXHAUSTED && writes(request)) {
        throw error;
      }
      attachment.tell(error);
      return BlockRequest.IOERR;
    }
  }

  /** To make a hole takes room too, where a file system copies what it changes. */
  private static boolean writes(BlockRequest request) {
    return switch (request.type()) {
      case BlockRequest.OUT, BlockRequest.WRITE_ZEROES, BlockRequest.DISCARD -> true;
      default -> false;
    };
  }

  /** What the request is to change; as it says, not checked. */
  static List<SectorRange> changes(BlockRequest request) {
    if (!writes(request)) {
      return List.of();
    }
    if (request.type() != BlockRequest.OUT) {
      return ranges(request.out().copy());
    }
    long sectors = request.out().remaining() / BlockConfig.SECTOR;
    return List.of(new SectorRange(request.sector(), sectors, 0));
  }

  private byte read(BlockRequest request, Disk disk) {
    Parts room = request.in();
    if (!within(disk, request.sector(), room.remaining())) {
      return BlockRequest.IOERR;
    }
    long offset = request.sector() * BlockConfig.SECTOR;
    while (room.remaining() > 0 && !queues.ending()) {
      Parts ahead = room.copy();
      List<MemorySegment> step = ahead.take(STEP_BYTES, STEP_PARTS);
      disk.read(step, offset);
      offset += room.remaining() - ahead.remaining();
      room.skip(room.remaining() - ahead.remaining());
    }
    return BlockRequest.OK;
  }

  private byte write(BlockRequest request, Disk disk) {
    Parts data = request.out();
    if (disk.readOnly() || !within(disk, request.sector(), data.remaining())) {
      return BlockRequest.IOERR;
    }
    long offset = request.sector() * BlockConfig.SECTOR;
    while (data.remaining() > 0 && !queues.ending()) {
      long before = data.remaining();
      disk.write(data.take(STEP_BYTES, STEP_PARTS), offset);
      offset += before - data.remaining();
    }
    return stable(disk);
  }

  /** A driver that does not flush takes what is answered for stable (section 5.2.6.2). */
  private byte stable(Disk disk) {
    if (!queues.accepted(BlockConfig.FLUSH)) {
      disk.sync();
    }
    return BlockRequest.OK;
  }

  /** Needs no disk. */
  byte identify(BlockRequest request) {
    if (request.in().remaining() < SERIAL_BYTES) {
      return BlockRequest.IOERR;
    }
    request.in().copyIn(Arrays.copyOf(serial, SERIAL_BYTES));
    return BlockRequest.OK;
  }

  private byte discard(BlockRequest request, Disk disk) {
    List<SectorRange> ranges = ranges(request.out());
    if (ranges.stream().anyMatch(range -> range.flags() != 0)) {
      return BlockRequest.UNSUPP;
    }
    if (!acceptable(ranges, disk)) {
      return BlockRequest.IOERR;
    }
    for (SectorRange range : ranges) {
      if (!queues.ending()) {
        disk.discard(range.sector() * BlockConfig.SECTOR, range.sectors() * BlockConfig.SECTOR);
      }
    }
    return BlockRequest.OK;
  }

  private byte zero(BlockRequest request, Disk disk) {
    List<SectorRange> ranges = ranges(request.out());
    if (ranges.stream().anyMatch(range -> (range.flags() & ~UNMAP) != 0)) {
      return BlockRequest.UNSUPP;
    }
    if (!acceptable(ranges, disk)) {
      return BlockRequest.IOERR;
    }
    for (SectorRange range : ranges) {
      zero(disk, range);
    }
    return stable(disk);
  }

  private void zero(Disk disk, SectorRange range) {
    long offset = range.sector() * BlockConfig.SECTOR;
    long end = offset + range.sectors() * BlockConfig.SECTOR;
    boolean unmap = (range.flags() & UNMAP) != 0;
    long step = unmap ? HOLE_STEP_BYTES : STEP_BYTES;
    while (offset < end && !queues.ending()) {
      // To multiples of a step, for a hole ends at whole blocks.
      long next = Math.min(end, (offset + step) & -step);
      disk.zero(offset, next - offset, unmap);
      offset = next;
    }
  }

  /** None where they are not whole, or too many. */
  private static List<SectorRange> ranges(Parts out) {
    long bytes = out.remaining();
    List<SectorRange> ranges = new ArrayList<>();
    if (bytes % RANGE_BYTES != 0 || bytes > RANGE_BYTES * BlockConfig.MAX_RANGES) {
      return ranges;
    }
    ByteBuffer buffer = ByteBuffer.wrap(out.copyOut((int) bytes)).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      long sector = buffer.getLong();
      long sectors = Integer.toUnsignedLong(buffer.getInt());
      ranges.add(new SectorRange(sector, sectors, buffer.getInt()));
    }
    return ranges;
  }

  private static boolean acceptable(List<SectorRange> ranges, Disk disk) {
    return !disk.readOnly()
        && !ranges.isEmpty()
        && ranges.stream()
            .allMatch(range ->
                range.sectors() <= BlockConfig.MAX_RANGE_SECTORS
                    && within(disk, range.sector(), range.sectors() * BlockConfig.SECTOR));
  }

  /** Whether a stretch is whole sectors of the disk. The sector is any number of 64 bits. */
  private static boolean within(Disk disk, long sector, long bytes) {
    long capacity = disk.sizeBytes() / BlockConfig.SECTOR;
    long sectors = bytes / BlockConfig.SECTOR;
    return bytes % BlockConfig.SECTOR == 0
        && sector >= 0
        && sectors <= capacity
        && sector <= capacity - sectors;
  }
}
