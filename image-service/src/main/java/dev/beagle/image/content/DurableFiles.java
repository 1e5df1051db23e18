package dev.beagle.image.content;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files that are there whole or not at all, also after a power cut. An interrupt neither fails nor
 * shortens any of this: it is for those who wait, and half a change helps nobody.
 */
public final class DurableFiles {
  private static final String ASIDE = ".aside";
  private static final String WAY_OUT =
      ": its file system is full: remove images that are not needed (beagle rmi) or make room there";

  private DurableFiles() {}

  /** Writes a file aside, syncs it and renames it into place; the folder is synced too. */
  public static void replace(Path file, byte[] content) {
    Path aside = file.resolveSibling(file.getFileName() + ASIDE);
    try {
      try (FileOutputStream out = new FileOutputStream(aside.toFile())) {
        out.write(content);
        out.getFD().sync();
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(file);
    } catch (IOException error) {
      Failure failure = failure("write", file, error);
      deleteAfter(failure, aside);
      throw failure;
    }
  }

  /** A full disk is no fuller for what failed. */
  private static void deleteAfter(Failure failure, Path aside) {
    try {
      Files.deleteIfExists(aside);
    } catch (IOException error) {
      failure.addSuppressed(error);
    }
  }

  /** Deletes a file, if it is there, for good. */
  public static void delete(Path file) {
    try {
      if (Files.deleteIfExists(file)) {
        syncFolder(file);
      }
    } catch (IOException error) {
      throw failure("delete", file, error);
    }
  }

  /** Deletes what interrupted replacements left in the folder. */
  public static void sweepAside(Path folder) {
    for (Path file : list(folder)) {
      if (file.getFileName().toString().endsWith(ASIDE)) {
        delete(file);
      }
    }
  }

  /** The folder's entries in the order of their names. */
  public static List<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException error) {
      throw failure("list", folder, error);
    }
  }

  /** Makes the folder and those above it. */
  public static Path createFolder(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException error) {
      throw failure("create", folder, error);
    }
  }

  /** Makes a rename in the file's folder last. */
  static void syncFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      boolean interrupted = false;
      while (!forced(folder)) {
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** False where an interrupt closed the channel first. */
  private static boolean forced(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException interrupted) {
      return false;
    }
  }

  /** EXHAUSTED with the way out where the disk is full, else INTERNAL. */
  public static Failure failure(String verb, Path file, IOException error) {
    String reason = String.valueOf(error.getMessage());
    boolean full = isFull(error);
    return Failure.of(
        full ? FailureKind.EXHAUSTED : FailureKind.INTERNAL,
        "cannot %s %s: %s%s".formatted(verb, file, reason, full ? WAY_OUT : ""),
        error);
  }

  /** Whether the file system, or the quota there, has no room. */
  public static boolean isFull(IOException error) {
    String reason = String.valueOf(error.getMessage());
    return reason.contains("No space left") || reason.contains("quota");
  }
}
