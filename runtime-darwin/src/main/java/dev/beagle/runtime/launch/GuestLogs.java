package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.vsock.GuestOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Logs of containers, which the guest's agent writes line by line over a connection each. It begins
 * with {@code LOG 1 NAME}, the name under which the daemon has had the file opened. Thread-safe.
 */
final class GuestLogs {
  /** Of the host, in vsock. */
  static final int PORT = 1025;

  private static final String GREETING = "LOG 1 ";
  private static final int LONGEST_GREETING = 160;
  private static final int MOST_UNCLAIMED = 1024;
  private static final Set<OpenOption> APPENDING =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE,
          StandardOpenOption.APPEND,
          LinkOption.NOFOLLOW_LINKS);

  private final Map<String, FileChannel> unclaimed = new ConcurrentHashMap<>();

  /**
   * Opens a log for appending; made (0640) when missing.
   *
   * @throws Failure INVALID_ARGUMENT for what is no regular file of one name; EXHAUSTED when too
   *     many were opened that no guest wrote to
   */
  void open(String name, Path path) {
    if (unclaimed.size() >= MOST_UNCLAIMED) {
      throw Failure.exhausted("%d logs wait for the guest already".formatted(unclaimed.size()));
    }
    try {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !isPlainFile(path)) {
        throw Failure.invalidArgument("log " + path + " is not a regular file with one name");
      }
      FileChannel file =
          FileChannel.open(
              path,
              APPENDING,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
      FileChannel before = unclaimed.putIfAbsent(name, file);
      if (before != null) {
        file.close();
        throw Failure.alreadyExists("log " + Failure.shown(name) + " was opened already");
      }
    } catch (IOException error) {
      throw Failure.invalidArgument(
          "log %s cannot be opened: %s".formatted(path, error.getMessage()));
    }
  }

  private static boolean isPlainFile(Path path) throws IOException {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
        && Integer.valueOf(1)
            .equals(Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS));
  }

  /** A connection of the guest. */
  GuestOutput connected() {
    return new Connection();
  }

  private final class Connection implements GuestOutput {
    private final ByteBuffer greeting = ByteBuffer.allocate(LONGEST_GREETING);
    private @Nullable FileChannel log;

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      FileChannel open = log != null ? log : claim(bytes).orElse(null);
      log = open;
      if (open == null) {
        return;
      }
      try {
        while (bytes.hasRemaining()) {
          open.write(bytes);
        }
      } catch (IOException full) {
        // Costs lines, never the container: the next ones may find room.
        bytes.position(bytes.limit());
      }
    }

    /** Takes the greeting off; empty while it has not ended. */
    private Optional<FileChannel> claim(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        byte next = bytes.get();
        if (next == '\n') {
          String line =
              new String(greeting.array(), 0, greeting.position(), StandardCharsets.UTF_8);
          return Optional.of(claim(line));
        }
        if (!greeting.hasRemaining()) {
          throw new IOException("a log without a name");
        }
        greeting.put(next);
      }
      return Optional.empty();
    }

    private FileChannel claim(String line) throws IOException {
      FileChannel opened =
          line.startsWith(GREETING) ? unclaimed.remove(line.substring(GREETING.length())) : null;
      if (opened == null) {
        throw new IOException("no log was opened for it");
      }
      return opened;
    }

    @Override
    public void close() {
      try {
        if (log != null) {
          log.close();
        }
      } catch (IOException ignored) {
        // what was written is written
      }
    }
  }
}
