package dev.beagle.net.loop;

import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.SocketErrors;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A stream socket on the loop. */
final class NioStream implements HostStream, EventLoop.Handler {
  private final EventLoop loop;
  private @Nullable SocketChannel channel;
  private @Nullable SelectionKey key;
  private @Nullable Events events;
  private boolean connecting;

  NioStream(EventLoop loop) {
    this.loop = loop;
  }

  void connect(SocketChannel opened, InetSocketAddress remote, Events newEvents)
      throws IOException {
    try {
      prepare(opened);
      connecting = true;
      // Where it is done at once, the channel is ready to connect all the same: the event comes
      // from the loop.
      if (opened.connect(remote)) {
        connecting = false;
        use(opened, 0, newEvents);
        loop.timers().timer(newEvents::connected).arm(loop.now());
      } else {
        use(opened, SelectionKey.OP_CONNECT, newEvents);
      }
    } catch (IOException | RuntimeException error) {
      opened.close();
      throw error;
    }
  }

  /** Takes a channel that was accepted. */
  void accept(SocketChannel accepted) throws IOException {
    prepare(accepted);
    channel = accepted;
    key = loop.register(accepted, 0, this);
  }

  void handle(Events newEvents) {
    events = newEvents;
  }

  /** The stream never came to be; the events hear of it from the loop. */
  void fail(ConnectFailure why, Events newEvents) {
    loop.timers().timer(() -> newEvents.connectFailed(why)).arm(loop.now());
  }

  private static void prepare(SocketChannel opened) throws IOException {
    opened.configureBlocking(false);
    opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
    // The pod's own keep-alives are answered here and do not reach the other end.
    opened.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    opened.socket().setOOBInline(true);
  }

  private void use(SocketChannel opened, int operations, Events newEvents) throws IOException {
    channel = opened;
    events = newEvents;
    key = loop.register(opened, operations, this);
  }

  @Override
  public void ready(SelectionKey ready) {
    Events to = events;
    if (to == null) {
      return;
    }
    int operations = ready.readyOps();
    if (connecting) {
      finishConnect(to, ready);
      return;
    }
    if ((operations & SelectionKey.OP_READ) != 0) {
      to.readable();
    }
    if ((operations & SelectionKey.OP_WRITE) != 0 && ready.isValid()) {
      to.writable();
    }
  }

  @Override
  public void failed(SelectionKey failed, RuntimeException defect) {
    Events to = events;
    try {
      if (to != null) {
        to.failed(defect);
      }
    } finally {
      close();
    }
  }

  private void finishConnect(Events to, SelectionKey ready) {
    SocketChannel opened = (SocketChannel) ready.channel();
    try {
      if (!opened.finishConnect()) {
        return;
      }
      SocketAddress self = opened.getLocalAddress();
      if (self.equals(opened.getRemoteAddress())) {
        throw new IOException("Connection refused: the socket met itself");
      }
    } catch (IOException error) {
      close();
      to.connectFailed(SocketErrors.failureOf(error));
      return;
    }
    connecting = false;
    ready.interestOps(0);
    to.connected();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return open().read(into);
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    return open().write(bytes);
  }

  private SocketChannel open() throws IOException {
    SocketChannel opened = channel;
    if (opened == null) {
      throw new java.nio.channels.ClosedChannelException();
    }
    return opened;
  }

  @Override
  public void wantRead(boolean wanted) {
    want(SelectionKey.OP_READ, wanted);
  }

  @Override
  public void wantWrite(boolean wanted) {
    want(SelectionKey.OP_WRITE, wanted);
  }

  private void want(int operation, boolean wanted) {
    SelectionKey registered = key;
    if (registered == null || !registered.isValid()) {
      return;
    }
    int before = registered.interestOps();
    int after = wanted ? before | operation : before & ~operation;
    if (after != before) {
      registered.interestOps(after);
    }
  }

  @Override
  public void endOutput() throws IOException {
    open().shutdownOutput();
  }

  @Override
  public void close() {
    SocketChannel opened = channel;
    channel = null;
    events = null;
    if (opened != null) {
      try {
        opened.close();
      } catch (IOException error) {
        throw new java.io.UncheckedIOException(error);
      }
    }
  }

  @Override
  public void reset() {
    SocketChannel opened = channel;
    if (opened != null && !connecting) {
      try {
        opened.setOption(StandardSocketOptions.SO_LINGER, 0);
      } catch (IOException alreadyReset) {
        close();
        return;
      }
    }
    close();
  }
}
