package dev.beagle.net.loop;

import dev.beagle.host.HostPlatform;
import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.SocketErrors;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** The host's sockets by NIO, on an {@link EventLoop}. */
public final class NioHostSockets implements HostSockets {
  private static final int FIRST_UNPRIVILEGED_PORT = 1024;
  private static final int BACKLOG = 4096;
  private static final int DATAGRAM_BUFFER = 256 << 10;

  private final EventLoop loop;
  private final boolean macOs;

  public NioHostSockets(EventLoop loop) {
    this.loop = loop;
    this.macOs = HostPlatform.current().mac();
  }

  @Override
  public HostStream connect(IpAddress remote, int port, HostStream.Events events) {
    NioStream stream = new NioStream(loop);
    try {
      SocketChannel channel = SocketChannel.open(family(remote));
      stream.connect(channel, new InetSocketAddress(remote.toInetAddress(), port), events);
    } catch (IOException error) {
      stream.fail(SocketErrors.failureOf(error), events);
    }
    return stream;
  }

  static ProtocolFamily family(IpAddress address) {
    return address.isIpv4() ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
  }

  @Override
  public HostListener listen(@Nullable IpAddress address, int port, Acceptor acceptor)
      throws IOException {
    try {
      return NioListener.open(loop, bound(address, port), null, acceptor);
    } catch (SocketException error) {
      String reason = String.valueOf(error.getMessage());
      if (address == null
          || port >= FIRST_UNPRIVILEGED_PORT
          || !reason.contains("ermission denied")) {
        throw error;
      }
      // macOS lets anybody have the wildcard below 1024, but no address of its own.
      return NioListener.open(loop, bound(null, port), address.toInetAddress(), acceptor);
    }
  }

  private ServerSocketChannel bound(@Nullable IpAddress address, int port) throws IOException {
    if (!macOs) {
      return bind(address, port, true);
    }
    // There, with SO_REUSEADDR a bind beside another program's wildcard succeeds and takes its
    // callers away: it is used only where nobody answers, for what we ourselves left in TIME_WAIT.
    try {
      return bind(address, port, false);
    } catch (SocketException taken) {
      if (isAnswering(address, port)) {
        throw taken;
      }
      return bind(address, port, true);
    }
  }

  private static boolean isAnswering(@Nullable IpAddress address, int port) {
    InetAddress target =
        address == null ? InetAddress.getLoopbackAddress() : address.toInetAddress();
    try (SocketChannel probe = SocketChannel.open(new InetSocketAddress(target, port))) {
      return probe.isConnected();
    } catch (IOException refused) {
      return false;
    }
  }

  private static ServerSocketChannel bind(@Nullable IpAddress address, int port, boolean reuse)
      throws IOException {
    ServerSocketChannel channel =
        address == null ? ServerSocketChannel.open() : ServerSocketChannel.open(family(address));
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, reuse);
      channel.bind(
          address == null
              ? new InetSocketAddress(port)
              : new InetSocketAddress(address.toInetAddress(), port),
          BACKLOG);
      return channel;
    } catch (IOException error) {
      channel.close();
      throw error;
    }
  }

  @Override
  public HostDatagrams open(@Nullable IpAddress remote, int port, Runnable readable)
      throws IOException {
    DatagramChannel channel =
        remote == null ? DatagramChannel.open() : DatagramChannel.open(family(remote));
    try {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, DATAGRAM_BUFFER);
      channel.setOption(StandardSocketOptions.SO_RCVBUF, DATAGRAM_BUFFER);
      if (remote == null) {
        channel.setOption(StandardSocketOptions.SO_BROADCAST, false);
        channel.bind(null);
      } else {
        channel.connect(new InetSocketAddress(remote.toInetAddress(), port));
      }
      return new NioDatagrams(loop, channel, remote, port, readable);
    } catch (IOException error) {
      channel.close();
      throw error;
    }
  }

  @Override
  public HostDatagrams bind(@Nullable IpAddress address, int port, Runnable readable)
      throws IOException {
    DatagramChannel channel =
        address == null ? DatagramChannel.open() : DatagramChannel.open(family(address));
    try {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, DATAGRAM_BUFFER);
      channel.bind(
          address == null
              ? new InetSocketAddress(port)
              : new InetSocketAddress(address.toInetAddress(), port));
      return new NioDatagrams(loop, channel, null, 0, readable);
    } catch (IOException error) {
      channel.close();
      throw error;
    }
  }
}
