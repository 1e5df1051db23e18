package dev.beagle.runtime.launch;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The machine's side of its control socket, for its owner alone. A conversation is one line each
 * way: {@code status} is answered by the protocol's version and the process id, {@code stop} by
 * {@code stopping}. A request has at most {@value #LONGEST_REQUEST} bytes.
 */
final class ControlSocket implements AutoCloseable {
  static final String VERSION = "beagle-machine 1";
  static final String STATUS = "status";
  static final String STOP = "stop";
  private static final int LONGEST_REQUEST = 64;

  private final ServerSocketChannel server;
  private final Runnable stop;

  private ControlSocket(ServerSocketChannel server, Runnable stop) {
    this.server = server;
    this.stop = stop;
  }

  /** The folder is locked: a socket that is there is of a dead process. */
  static ControlSocket open(Path path, Runnable stop) throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      // Bound aside and renamed, so that nobody finds it before it is closed to others.
      Path aside = path.resolveSibling("vm.new");
      Files.deleteIfExists(aside);
      server.bind(UnixDomainSocketAddress.of(aside));
      Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rw-------"));
      Files.move(aside, path);
    } catch (IOException | RuntimeException failure) {
      server.close();
      throw failure;
    }
    ControlSocket socket = new ControlSocket(server, stop);
    Thread.ofPlatform().name("control").daemon().start(socket::serve);
    return socket;
  }

  private void serve() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().start(() -> converse(client));
      } catch (ClosedChannelException end) {
        return;
      } catch (IOException lost) {
        // that client; the next one
      }
    }
  }

  private void converse(SocketChannel client) {
    try (client) {
      String answer =
          switch (line(client)) {
            case STATUS -> VERSION + " " + ProcessHandle.current().pid();
            case STOP -> {
              stop.run();
              yield "stopping";
            }
            default -> "unknown request";
          };
      client.write(ByteBuffer.wrap((answer + "\n").getBytes(StandardCharsets.UTF_8)));
    } catch (IOException gone) {
      // its own business
    }
  }

  /** At most {@value #LONGEST_REQUEST} bytes, up to the end of a line or of the stream. */
  static String line(SocketChannel from) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LONGEST_REQUEST);
    String text = "";
    while (!text.contains("\n") && bytes.hasRemaining() && from.read(bytes) >= 0) {
      text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
    return text.lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException ignored) {
      // it ends with the process
    }
  }
}
