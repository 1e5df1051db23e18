package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A folder that one daemon has to itself: made where it is missing, open to nobody else, locked by
 * {@code daemon.lock} as long as this is open. The kernel drops the lock with the process.
 */
final class NodeFolder implements AutoCloseable {
  private static final String LOCK = "daemon.lock";
  private static final Pattern PID = Pattern.compile("\\d{1,10}");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final FileChannel lock;

  private NodeFolder(FileChannel lock) {
    this.lock = lock;
  }

  /**
   * @param role what errors call it: "root" or "run"
   * @throws Failure WRONG_STATE when another daemon has it, DENIED when it cannot be made or
   *     written, INVALID_ARGUMENT when others may write to it
   */
  static NodeFolder claim(Path folder, String role) {
    try {
      make(folder, role);
      return new NodeFolder(lock(folder, role));
    } catch (AccessDeniedException denied) {
      throw Failure.denied(
          role
              + " folder "
              + folder
              + ": permission denied; run as root, or name another with --"
              + role);
    } catch (IOException error) {
      throw Failure.denied(role + " folder " + folder + " cannot be used: " + words(error));
    }
  }

  private static String words(IOException error) {
    if (error instanceof FileSystemException onFile) {
      String reason = error instanceof NoSuchFileException ? "no such folder" : onFile.getReason();
      if (reason != null) {
        return onFile.getFile() + ": " + reason;
      }
    }
    return error.toString();
  }

  private static void make(Path folder, String role) throws IOException {
    if (Files.isDirectory(folder)) {
      requirePrivate(folder, role);
      return;
    }
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.invalidArgument(role + " folder " + folder + " is not a folder");
    }
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, OWNER_ONLY);
  }

  /** A folder that others may write to is not made private, for it may be one like /tmp. */
  private static void requirePrivate(Path folder, String role) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(folder);
    if (mode.stream().anyMatch(OTHERS_WRITE::contains)) {
      throw Failure.invalidArgument(
          "%s folder %s: others may write to it (%s); name a folder of its own, or chmod 700 it"
              .formatted(role, folder, PosixFilePermissions.toString(mode)));
    }
    if (!mode.equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(folder, OWNER_ONLY);
    }
  }

  private static FileChannel lock(Path folder, String role) throws IOException {
    Path file = folder.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    if (!tryLock(channel)) {
      String holder = readPid(channel);
      channel.close();
      throw Failure.wrongState(
          "%s folder %s is in use by another daemon (pid %s); stop that one (kill %s) or name another folder with --%s"
              .formatted(role, folder, holder, holder, role));
    }
    channel.truncate(0);
    channel.write(
        ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
        0);
    return channel;
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException ownProcess) {
      return false;
    }
  }

  private static String readPid(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    channel.read(bytes, 0);
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
    return PID.matcher(text).matches() ? text : "unknown";
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException alreadyGone) {
      // closing drops the lock whatever it reports, and the process is about to end
    }
  }
}
