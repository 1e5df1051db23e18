package dev.beagle.runtime.lifecycle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Deletes a folder that a container filled as it liked. Every step is relative to an open folder:
 * no link is followed whatever is exchanged meanwhile, and a path may be longer than the kernel's
 * limit for one. What is nested too deep for one descent is first moved up.
 */
final class TreeDeletion {
  /** Descriptors that one descent holds. */
  private static final int MAX_DEPTH = 32;

  private final Path folder;
  private int moved;

  TreeDeletion(Path folder) {
    this.folder = folder;
  }

  /**
   * Nothing when the folder is gone already.
   *
   * @throws InterruptedIOException when the thread was interrupted: some of it is left
   */
  void run() throws IOException {
    try {
      while (!pass()) {
        // What was moved up is still to be deleted.
      }
      Files.deleteIfExists(folder);
    } catch (NoSuchFileException gone) {
      Files.deleteIfExists(folder);
    }
  }

  /** True when the folder was found empty. */
  private boolean pass() throws IOException {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      if (!(stream instanceof SecureDirectoryStream<Path> top)) {
        throw new IOException("this system cannot delete relative to open folders");
      }
      return empty(top, top, 0);
    }
  }

  private boolean empty(
      SecureDirectoryStream<Path> current, SecureDirectoryStream<Path> top, int depth)
      throws IOException {
    List<Path> names =
        StreamSupport.stream(current.spliterator(), false).map(Path::getFileName).toList();
    for (Path name : names) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while " + folder + " was deleted");
      }
      if (!isFolder(current, name)) {
        current.deleteFile(name);
      } else if (depth == MAX_DEPTH) {
        current.move(name, top, Path.of("deep-" + moved++));
      } else {
        try (SecureDirectoryStream<Path> child =
            current.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
          empty(child, top, depth + 1);
        }
        current.deleteDirectory(name);
      }
    }
    return names.isEmpty();
  }

  private static boolean isFolder(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    return parent
        .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }
}
