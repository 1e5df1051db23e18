package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Copies a file with its holes: only what was written takes time and room. */
public final class SparseCopy {
  /** Of lseek(2); macOS has the two numbers the other way round. */
  private static final int SEEK_DATA = HostPlatform.current().linux() ? 3 : 4;

  private static final int SEEK_HOLE = 7 - SEEK_DATA;
  private static final int ENXIO = 6;

  private SparseCopy() {}

  /**
   * @param target must not exist; for its owner alone
   */
  public static void copy(Path source, Path target) throws IOException {
    try (Descriptor map = HostFiles.open(source);
        FileChannel from = FileChannel.open(source, StandardOpenOption.READ);
        FileChannel to =
            FileChannel.open(
                target,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")))) {
      long size = from.size();
      for (long data = seek(map, 0, SEEK_DATA); data < size; ) {
        long hole = seek(map, data, SEEK_HOLE);
        copy(from, to, data, hole);
        data = seek(map, hole, SEEK_DATA);
      }
      if (to.size() < size) {
        // A file ends with a byte that was written; that byte is a zero of its last hole.
        to.write(ByteBuffer.allocate(1), size - 1);
      }
    }
  }

  private static void copy(FileChannel from, FileChannel to, long start, long end)
      throws IOException {
    to.position(start);
    for (long at = start; at < end; ) {
      at += from.transferTo(at, end - at, to);
    }
  }

  /** The next place of a kind; beyond the end where there is none. */
  private static long seek(Descriptor file, long offset, int whence) throws IOException {
    try {
      return PosixAbi.lseek(file.number(), offset, whence);
    } catch (LastErrorException error) {
      if (error.getErrorCode() == ENXIO) {
        return Long.MAX_VALUE;
      }
      throw HostErrno.of(error);
    }
  }
}
