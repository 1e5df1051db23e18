package dev.beagle.runtime.posix;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What a folder and all below it take on its file system.
 *
 * @param usedBytes of the blocks that are allocated: holes count nothing, a file with several names
 *     counts once
 * @param inodes files of any kind, the folder included
 * @param complete false where folders were moved during the measurement and may be missing
 */
public record FolderUsage(long usedBytes, long inodes, boolean complete) {
  private static final long BLOCK = 4096;

  /**
   * Walks the tree, which others may change meanwhile: no link is followed, no other file system
   * entered, and a tree may be deeper than the longest path. Takes as long as the tree is large.
   *
   * @throws Failure NOT_FOUND where there is no such folder
   */
  public static FolderUsage measure(Path folder) {
    if (HostPlatform.current().linux()) {
      try (TreeWalk walk = new TreeWalk()) {
        return walk.measure(folder);
      }
    }
    return estimate(folder);
  }

  /** Of sizes, where allocated blocks cannot be asked for. */
  private static FolderUsage estimate(Path folder) {
    long[] sums = new long[2];
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
              sums[1]++;
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              sums[0] += (attributes.size() + BLOCK - 1) / BLOCK * BLOCK;
              sums[1]++;
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException error)
                throws IOException {
              if (file.equals(folder)) {
                throw error;
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException absent) {
      throw Failure.notFound("folder", folder);
    } catch (IOException error) {
      throw Failure.internal("cannot measure " + folder, error);
    }
    return new FolderUsage(sums[0], sums[1], true);
  }
}
