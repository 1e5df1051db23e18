package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.DurableFiles;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Keeps a part of the file system free of images: a few megabytes of a hostile layer unpack to as
 * much as a layer may have, and a full disk stops all pods of the node. Thread-safe.
 *
 * @param folder that images are kept in, for the message
 * @param space what its file system has now
 */
record DiskFloor(Path folder, Supplier<Space> space) {
  /** How much may be written between two checks, in bytes. */
  static final long STEP_BYTES = 64L << 20;

  private static final long FLOOR_BYTES = 1L << 30;
  private static final long SMALL_BYTES = 10L << 30;
  private static final int PERCENT = 5;
  private static final String WAY_OUT =
      "remove images that are not needed (beagle rmi) or make room there";

  /** Of the file system that the folder is on at the time of each check. */
  static DiskFloor of(Path folder) {
    return new DiskFloor(folder, () -> measure(folder));
  }

  private static Space measure(Path folder) {
    try {
      FileStore store = Files.getFileStore(folder);
      return new Space(store.getUsableSpace(), store.getTotalSpace());
    } catch (IOException error) {
      throw DurableFiles.failure("measure the free space of", folder, error);
    }
  }

  /**
   * @param work that would write, for the message
   * @throws Failure EXHAUSTED where less is free than is to stay free
   */
  void check(String work) {
    Space now = space.get();
    if (now.freeBytes() < now.floorBytes()) {
      throw Failure.exhausted(
          "%s: the file system of %s has %d MiB free and must keep %d MiB: %s"
              .formatted(work, folder, now.freeBytes() >> 20, now.floorBytes() >> 20, WAY_OUT));
    }
  }

  /**
   * Of a file system, in bytes.
   *
   * @param freeBytes that we may use
   */
  record Space(long freeBytes, long totalBytes) {
    /** Five percent, and on all but small file systems at least 1 GiB. */
    long floorBytes() {
      long part = totalBytes / 100 * PERCENT;
      return totalBytes < SMALL_BYTES ? part : Math.max(FLOOR_BYTES, part);
    }
  }
}
