package dev.beagle.net.loop;

import dev.beagle.net.host.HostSockets;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A listening socket on the loop. */
final class NioListener implements HostSockets.HostListener, EventLoop.Handler {
  private static final int ACCEPTS_PER_TURN = 64;

  private final EventLoop loop;
  private final ServerSocketChannel channel;
  private final @Nullable InetAddress only;
  private final HostSockets.Acceptor acceptor;

  private NioListener(
      EventLoop loop,
      ServerSocketChannel channel,
      @Nullable InetAddress only,
      HostSockets.Acceptor acceptor) {
    this.loop = loop;
    this.channel = channel;
    this.only = only;
    this.acceptor = acceptor;
  }

  /**
   * Accepts from a bound channel.
   *
   * @param only connections to another address of the host are reset; null takes all
   */
  static NioListener open(
      EventLoop loop,
      ServerSocketChannel channel,
      @Nullable InetAddress only,
      HostSockets.Acceptor acceptor)
      throws IOException {
    NioListener listener = new NioListener(loop, channel, only, acceptor);
    loop.register(channel, SelectionKey.OP_ACCEPT, listener);
    return listener;
  }

  @Override
  public void ready(SelectionKey key) {
    try {
      for (int count = 0; count < ACCEPTS_PER_TURN; count++) {
        SocketChannel accepted = channel.accept();
        if (accepted == null) {
          return;
        }
        accepted(accepted);
      }
    } catch (IOException noDescriptors) {
      // The caller waits in the backlog; asking at once again would spin.
      loop.pause(key);
    }
  }

  /** The connection was lost, and reported: the next ones are not its fault. */
  @Override
  public void failed(SelectionKey key, RuntimeException defect) {
    loop.pause(key);
  }

  private void accepted(SocketChannel accepted) throws IOException {
    NioStream stream = new NioStream(loop);
    InetSocketAddress caller;
    boolean welcome;
    try {
      stream.accept(accepted);
      caller = (InetSocketAddress) accepted.getRemoteAddress();
      InetSocketAddress asked = (InetSocketAddress) accepted.getLocalAddress();
      welcome = only == null || only.equals(asked.getAddress());
    } catch (IOException gone) {
      accepted.close();
      return;
    }
    if (welcome) {
      try {
        stream.handle(
            acceptor.accepted(stream, IpAddress.of(caller.getAddress()), caller.getPort()));
      } catch (RuntimeException defect) {
        stream.reset();
        throw defect;
      }
    } else {
      stream.reset();
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
