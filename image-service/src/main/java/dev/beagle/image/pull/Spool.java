package dev.beagle.image.pull;

import dev.beagle.image.content.DurableFiles;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * The folder that an archive's files are written to before they are looked at. What fails to be
 * read is the archive's fault and stays an {@link IOException}; what fails to be written is the
 * disk's. Confined to one thread.
 */
final class Spool {
  private static final String WORK = "the image archive";

  private final Path folder;
  private final DiskFloor floor;
  private final byte[] buffer = new byte[64 << 10];
  private long written;
  private long nextCheck = DiskFloor.STEP_BYTES;

  /**
   * @throws dev.beagle.failure.Failure EXHAUSTED where the disk is nearly full
   */
  Spool(Path folder, DiskFloor floor) {
    this.folder = folder;
    this.floor = floor;
    floor.check(WORK);
  }

  /**
   * Writes what the stream still has into a file of that number.
   *
   * @throws IOException where the stream cannot be read
   * @throws dev.beagle.failure.Failure EXHAUSTED where the disk is full or nearly so
   */
  Path write(InputStream content, int number) throws IOException {
    Path file = folder.resolve(Integer.toString(number));
    FileOutputStream out = create(file);
    try {
      for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
        append(out, count, file);
      }
    } finally {
      close(out, file);
    }
    return file;
  }

  private static FileOutputStream create(Path file) {
    try {
      return new FileOutputStream(file.toFile());
    } catch (IOException error) {
      throw DurableFiles.failure("write", file, error);
    }
  }

  private void append(FileOutputStream out, int count, Path file) {
    try {
      out.write(buffer, 0, count);
    } catch (IOException error) {
      throw DurableFiles.failure("write", file, error);
    }
    written += count;
    if (written >= nextCheck) {
      floor.check(WORK);
      nextCheck = written + DiskFloor.STEP_BYTES;
    }
  }

  private static void close(FileOutputStream out, Path file) {
    try {
      out.close();
    } catch (IOException error) {
      throw DurableFiles.failure("write", file, error);
    }
  }
}
