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
final class SwitchLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SwitchLink.class);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int LONGEST_ANSWER = 256;

  /** A burst of frames in one go: 35 Gb/s against 15 with the system's own size. */
  private static final int SOCKET_BUFFER = 1 << 20;

  /** Where to, and what is said first. */
  private record Port(UnixDomainSocketAddress address, String greeting) {}

  private final Time time;
  private @Nullable Port port;

  /** Made, and not yet taken; or being made. */
  private @Nullable SocketChannel fresh;

  private @Nullable SocketChannel pending;
  private boolean closed;
  private Runnable linked = () -> {};
  private String lastReason = "";

  SwitchLink(Time time) {
    this.time = time;
  }

  /** See {@link NetDevice#join}. */
  void connect(Path socket, String name, String token) {
    if (name.isEmpty() || token.isEmpty() || (name + token).chars().anyMatch(c -> c <= ' ')) {
      throw Failure.invalidArgument("a port of the switch and its token are a word each");
    }
    Port wanted =
        new Port(UnixDomainSocketAddress.of(socket), "PORT 1 %s %s\n".formatted(name, token));
    synchronized (this) {
      if (port != null) {
        throw Failure.wrongState("the card is a port of the switch already");
      }
      port = wanted;
    }
    start(wanted);
  }

  private void start(Port wanted) {
    Thread.ofPlatform().daemon().name("net-link").start(() -> connect(wanted));
  }

  private void connect(Port wanted) {
    try {
      while (!tryOnce(wanted)) {
        time.sleep(PAUSE);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it is linked, or never to be. */
  private boolean tryOnce(Port wanted) {
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
      socket.connect(wanted.address);
      greet(socket, wanted.greeting);
      linked(socket);
      return true;
    } catch (IOException refused) {
      say(wanted, String.valueOf(refused.getMessage()));
      close(socket);
      return isClosed();
    }
  }

  private static void greet(SocketChannel socket, String greeting) throws IOException {
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
  private synchronized void say(Port wanted, String reason) {
    pending = null;
    if (!closed && !reason.equals(lastReason)) {
      lastReason = reason;
      LOG.warn("network port {}: {}; trying again", wanted.address, reason);
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
    Port wanted;
    synchronized (this) {
      wanted = closed ? null : port;
    }
    if (wanted != null) {
      start(wanted);
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
