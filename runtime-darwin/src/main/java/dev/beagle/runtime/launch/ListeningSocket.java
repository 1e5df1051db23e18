package dev.beagle.runtime.launch;

import dev.beagle.time.Time;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.Consumer;

/** A Unix socket in a machine's folder, for its owner alone, with a thread that accepts. */
final class ListeningSocket implements AutoCloseable {
  private static final int BACKLOG = 128;

  /** After a connection that could not be taken, such as for want of descriptors. */
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final ServerSocketChannel server;
  private final Path path;

  private ListeningSocket(ServerSocketChannel server, Path path) {
    this.server = server;
    this.path = path;
  }

  /**
   * The folder is locked: a socket that is there is of a dead process.
   *
   * @param clients given each connection, which is theirs
   */
  static ListeningSocket open(Path path, Consumer<SocketChannel> clients, Time time)
      throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      // Bound aside and renamed, so that nobody finds it before it is closed to others.
      Path aside = path.resolveSibling("new.sock");
      Files.deleteIfExists(aside);
      server.bind(UnixDomainSocketAddress.of(aside), BACKLOG);
      Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rw-------"));
      Files.move(aside, path);
    } catch (IOException | RuntimeException failure) {
      server.close();
      throw failure;
    }
    ListeningSocket socket = new ListeningSocket(server, path);
    Thread.ofPlatform()
        .name(String.valueOf(path.getFileName()))
        .daemon()
        .start(() -> socket.serve(clients, time));
    return socket;
  }

  private void serve(Consumer<SocketChannel> clients, Time time) {
    while (server.isOpen()) {
      try {
        clients.accept(server.accept());
      } catch (ClosedChannelException end) {
        return;
      } catch (IOException lost) {
        try {
          time.sleep(PAUSE);
        } catch (InterruptedException end) {
          return;
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException ignored) {
      // it ends with the process
    }
  }
}
