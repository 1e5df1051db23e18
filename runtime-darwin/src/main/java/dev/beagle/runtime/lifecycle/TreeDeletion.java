package dev.beagle.runtime.lifecycle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.security.SecureRandom;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes a folder that a container filled as it liked. Every step is relative to an open folder:
 * no link is followed whatever is exchanged meanwhile, and a path may be longer than the kernel's
 * limit for one. What is nested too deep for one descent is first moved up.
 */
final class TreeDeletion {
  private static final Logger LOG = LoggerFactory.getLogger(TreeDeletion.class);

  /** Descriptors that one descent holds. */
  private static final int MAX_DEPTH = 32;

  private final Path folder;

  /**
   * Of what is moved up: neither the container, nor an earlier attempt that was interrupted, has
   * left such names.
   */
  private final String prefix = ".beagle-" + Long.toHexString(new SecureRandom().nextLong()) + "-";

  private int moved;
  private long done;

  private final LongConsumer progress;

  TreeDeletion(Path folder) {
    this(folder, steps -> {});
  }

  /**
   * @param progress is told after each step how many were done
   */
  TreeDeletion(Path folder, LongConsumer progress) {
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Nothing when the folder is gone already.
   *
   * @throws InterruptedIOException when the thread was interrupted: some of it is left
   */
  void run() throws IOException {
    try {
      long before = -1;
      // What was moved up, or came between, is still to be deleted.
      while (!pass()) {
        if (done == before) {
          throw new DirectoryNotEmptyException(folder.toString());
        }
        before = done;
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
    } catch (DirectoryIteratorException error) {
      throw error.getCause();
    }
  }

  /** Of any size: names are taken one by one. */
  private boolean empty(
      SecureDirectoryStream<Path> current, SecureDirectoryStream<Path> top, int depth)
      throws IOException {
    boolean found = false;
    for (Path entry : current) {
      Path name = entry.getFileName();
      found = true;
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while " + folder + " was deleted");
      }
      if (!isFolder(current, name)) {
        current.deleteFile(name);
        stepDone();
      } else if (depth == MAX_DEPTH) {
        current.move(name, top, Path.of(prefix + moved++));
        stepDone();
      } else {
        try (SecureDirectoryStream<Path> child =
            current.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
          empty(child, top, depth + 1);
        }
        deleteFolder(current, name);
      }
    }
    return !found;
  }

  private void stepDone() {
    done++;
    progress.accept(done);
  }

  /** One from which something is left, as a listing during deletions may have it, waits. */
  private void deleteFolder(SecureDirectoryStream<Path> parent, Path name) throws IOException {
    try {
      parent.deleteDirectory(name);
      stepDone();
    } catch (DirectoryNotEmptyException left) {
      LOG.debug("{} of {} is listed again", name, folder);
    }
  }

  private static boolean isFolder(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    return parent
        .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }
}
