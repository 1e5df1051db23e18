package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The place of a Unix socket: a path that is free, in a folder that only we can enter. */
final class SocketFile {
  /** The shortest sun_path of our hosts (macOS, 104 bytes) with its NUL. */
  private static final int MAX_PATH_BYTES = 103;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path path;

  private SocketFile(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  /**
   * Makes the folder and removes the socket of a daemon that is gone.
   *
   * @throws Failure ALREADY_EXISTS when somebody listens there, INVALID_ARGUMENT when the path
   *     cannot be a socket's, DENIED when its folder is open to others, UNAVAILABLE when it cannot
   *     be made
   */
  static SocketFile prepare(Path given) {
    Path path = given.toAbsolutePath();
    if (path.toString().getBytes(UTF_8).length > MAX_PATH_BYTES) {
      throw Failure.invalidArgument(
          path
              + ": longer than the "
              + MAX_PATH_BYTES
              + " bytes of a socket's path; use a"
              + " shorter folder");
    }
    Path folder = path.getParent();
    if (folder == null) {
      throw Failure.invalidArgument(path + ": not a path for a socket");
    }
    try {
      makePrivate(folder);
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        removeStale(path);
      }
    } catch (IOException failed) {
      throw Failure.unavailable(folder + ": cannot hold a socket: " + failed, failed);
    }
    return new SocketFile(path);
  }

  /** A folder that is there is not closed to others: it may be one that they need, like /tmp. */
  private static void makePrivate(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, OWNER_ONLY);
    }
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(folder);
    if (!OWNER_ONLY.containsAll(mode)) {
      throw Failure.denied(
          folder
              + ": is open to others ("
              + PosixFilePermissions.toString(mode)
              + "); use a folder of its own, or chmod 700 it");
    }
  }

  private static void removeStale(Path path) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isOther()) {
      throw Failure.invalidArgument(path + ": is not a socket; move it away");
    }
    if (answers(path)) {
      throw Failure.alreadyExists(
          path + ": another daemon listens there; stop it, or use another --run folder");
    }
    Files.delete(path);
  }

  private static boolean answers(Path path) {
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return probe.isConnected();
    } catch (IOException refused) {
      return false;
    }
  }

  /** Once the socket is there: only its owner may connect. */
  void restrict() throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
  }

  void delete() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException left) {
      throw Failure.unavailable(path + ": cannot be removed: " + left, left);
    }
  }
}
