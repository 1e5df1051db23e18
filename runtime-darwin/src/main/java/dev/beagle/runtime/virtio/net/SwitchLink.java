package dev.beagle.runtime.virtio.net;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to a port of the switch, one at a time, each made on a thread of its own, again and
 * again until it is closed: the switch may be killed and come back. Thread-safe.
 */
public final class SwitchLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SwitchLink.class);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int LONGEST_ANSWER = 256;

  /** A burst of frames in one go: 35 Gb/s against 15 with the system's own size. */
  private static final int SOCKET_BUFFER = 1 << 20;

  private final UnixDomainSocketAddress address;
  private final String greeting;
  private final Time time;

  /** Made, and not yet taken; or being made. */
  private @Nullable SocketChannel fresh;

  private @Nullable SocketChannel pending;
  private boolean closed;
  private Runnable linked = () -> {};
  private String lastReason = "";

  /**
   * @param socket of the switch's ports
   * @param port its name
   * @param token of the port's lease
   * @throws Failure INVALID_ARGUMENT for names that are not one word
   */
  public SwitchLink(Path socket, String port, String token, Time time) {
    if (port.isEmpty() || token.isEmpty() || (port + token).chars().anyMatch(c -> c <= ' ')) {
      throw Failure.invalidArgument("a port of the switch and its token are a word each");
    }
    address = UnixDomainSocketAddress.of(socket);
    greeting = "PORT 1 %s %s\n".formatted(port, token);
    this.time = time;
  }

  /** Begins to connect. */
  void start() {
    Thread.ofPlatform().daemon().name("net-link").start(this::connect);
  }

  private void connect() {
    try {
      while (!tryOnce()) {
        time.sleep(PAUSE);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it is linked, or never to be. */
  private boolean tryOnce() {
    SocketChannel socket = null;
    try {
      socket = SocketChannel.open(StandardProtocolFamily.UNIX);
      synchronized (this) {
        if (closed) {
          socket.close();
          return true;
        }
        pending = socket;
      }
      socket.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
      socket.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
      socket.connect(address);
      greet(socket);
      linked(socket);
      return true;
    } catch (IOException refused) {
      say(String.valueOf(refused.getMessage()));
      close(socket);
      return isClosed();
    }
  }

  private void greet(SocketChannel socket) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(greeting.getBytes(StandardCharsets.UTF_8));
    while (out.hasRemaining()) {
      socket.write(out);
    }
    String answer = line(socket);
    if (!answer.equals("OK")) {
      throw new IOException("the switch answers: " + Failure.shown(answer));
    }
  }

  /** A byte at a time: frames may follow at once. */
  private static String line(SocketChannel socket) throws IOException {
    StringBuilder line = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (line.length() < LONGEST_ANSWER) {
      if (socket.read(one.clear()) < 0) {
        throw new IOException("the switch hung up");
      }
      if (one.get(0) == '\n') {
        break;
      }
      line.append((char) (one.get(0) & 0xFF));
    }
    return line.toString();
  }

  private void linked(SocketChannel socket) throws IOException {
    Runnable tell;
    synchronized (this) {
      pending = null;
      if (closed) {
        socket.close();
        return;
      }
      fresh = socket;
      lastReason = "";
      tell = linked;
    }
    tell.run();
  }

  /** Each new reason once, not ten times a second. */
  private synchronized void say(String reason) {
    pending = null;
    if (!closed && !reason.equals(lastReason)) {
      lastReason = reason;
      LOG.warn("network port {}: {}; trying again", address, reason);
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** The connection, once it is there; it is the caller's then. */
  synchronized Optional<SocketChannel> take() {
    Optional<SocketChannel> taken = Optional.ofNullable(fresh);
    fresh = null;
    return taken;
  }

  /** What to run when there is a connection to take; at once when there is. */
  void onLinked(Runnable linked) {
    boolean already;
    synchronized (this) {
      this.linked = linked;
      already = fresh != null;
    }
    if (already) {
      linked.run();
    }
  }

  /** A connection that was taken has ended: makes the next. */
  void lost(SocketChannel connection) {
    close(connection);
    if (!isClosed()) {
      start();
    }
  }

  private static void close(@Nullable SocketChannel socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException ignored) {
      // it is of no use any more
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    close(fresh);
    close(pending);
  }
}
