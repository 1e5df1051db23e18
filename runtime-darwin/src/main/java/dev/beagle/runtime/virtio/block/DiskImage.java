package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.posix.DiskFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A disk in a raw image file. It is always raw, whatever it begins with: a guest writes there, and
 * a format that is guessed from what a guest wrote lets it name other files of the host.
 */
public final class DiskImage implements Disk, AutoCloseable {
  private static final MemorySegment ZEROS = Arena.global().allocate(64 * 1024, 4096);
  private static final int ZEROS_AT_ONCE = 16;

  private final DiskFile file;
  private final long sizeBytes;
  private final boolean readOnly;

  private DiskImage(DiskFile file, long sizeBytes, boolean readOnly) {
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.readOnly = readOnly;
  }

  /**
   * Opens an image for one machine; one that is read-only may be open in several.
   *
   * @throws Failure what {@link DiskFile#open} throws, and INVALID_ARGUMENT for a size that is no
   *     multiple of 512 bytes
   */
  public static DiskImage open(Path image, boolean readOnly) {
    DiskFile file = DiskFile.open(image, readOnly);
    try {
      long sizeBytes = file.sizeBytes();
      if (sizeBytes % BlockConfig.SECTOR != 0) {
        throw Failure.invalidArgument(
            "%s has %d bytes, no multiple of 512: it is no raw image of a disk"
                .formatted(image, sizeBytes));
      }
      return new DiskImage(file, sizeBytes, readOnly);
    } catch (RuntimeException error) {
      file.close();
      throw error;
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public void read(List<MemorySegment> parts, long offset) {
    transfer(parts, offset, file::read);
  }

  @Override
  public void write(List<MemorySegment> parts, long offset) {
    transfer(parts, offset, file::write);
  }

  private interface Transfer {
    long move(List<MemorySegment> parts, long offset);
  }

  private void transfer(List<MemorySegment> parts, long offset, Transfer transfer) {
    Parts left = new Parts(parts);
    long at = offset;
    while (left.remaining() > 0) {
      Parts ahead = left.copy();
      long moved = transfer.move(ahead.take(left.remaining(), DiskFile.MAX_PARTS), at);
      if (moved == 0) {
        throw Failure.corrupted(
            "%s ends before byte %d: it was %d bytes long when it was opened"
                .formatted(file.path(), at + left.remaining(), sizeBytes));
      }
      left.skip(moved);
      at += moved;
    }
  }

  @Override
  public void sync() {
    file.sync();
  }

  @Override
  public void discard(long offset, long length) {
    punch(offset, length);
  }

  @Override
  public void zero(long offset, long length, boolean mayUnmap) {
    long begin = holeBegin(offset);
    long end = holeEnd(offset, length);
    if (mayUnmap && punch(offset, length)) {
      write(zeros(begin - offset), offset);
      write(zeros(offset + length - end), end);
      return;
    }
    for (long done = 0; done < length; ) {
      List<MemorySegment> step = zeros(Math.min(length - done, ZEROS.byteSize() * ZEROS_AT_ONCE));
      write(step, offset + done);
      done += new Parts(step).remaining();
    }
  }

  private static long holeBegin(long offset) {
    return (offset + DiskFile.HOLE_BYTES - 1) & -DiskFile.HOLE_BYTES;
  }

  private static long holeEnd(long offset, long length) {
    return (offset + length) & -DiskFile.HOLE_BYTES;
  }

  /** Whether there was a whole block in the stretch, and the file system gave it back. */
  private boolean punch(long offset, long length) {
    long begin = holeBegin(offset);
    long end = holeEnd(offset, length);
    return begin < end && file.punch(begin, end - begin);
  }

  private static List<MemorySegment> zeros(long length) {
    List<MemorySegment> parts =
        new ArrayList<>(Collections.nCopies((int) (length / ZEROS.byteSize()), ZEROS));
    if (length % ZEROS.byteSize() != 0) {
      parts.add(ZEROS.asSlice(0, length % ZEROS.byteSize()));
    }
    return parts;
  }

  /** Waits for a call that is under way; later ones fail. */
  @Override
  public void close() {
    file.close();
  }
}
