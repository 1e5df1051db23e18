package dev.beagle.net.loop;

import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/** A datagram socket on the loop. */
final class NioDatagrams implements HostDatagrams, EventLoop.Handler {
  private final DatagramChannel channel;
  private final @Nullable IpAddress remote;
  private final Runnable readable;
  private IpAddress source;
  private int sourcePort;

  /**
   * @param remote where the channel is connected to; null if it is not
   */
  NioDatagrams(
      EventLoop loop,
      DatagramChannel channel,
      @Nullable IpAddress remote,
      int port,
      Runnable readable)
      throws IOException {
    this.channel = channel;
    this.remote = remote;
    this.readable = readable;
    this.source = remote == null ? IpAddress.ofIpv4(0) : remote;
    this.sourcePort = port;
    loop.register(channel, SelectionKey.OP_READ, this);
  }

  @Override
  public void ready(SelectionKey key) {
    readable.run();
  }

  @Override
  public boolean send(ByteBuffer datagram, IpAddress to, int port) throws IOException {
    int length = datagram.remaining();
    int sent =
        remote != null
            ? channel.write(datagram)
            : channel.send(datagram, new InetSocketAddress(to.toInetAddress(), port));
    return sent == length;
  }

  @Override
  public boolean receive(ByteBuffer into) throws IOException {
    InetSocketAddress from = (InetSocketAddress) channel.receive(into);
    if (from == null) {
      return false;
    }
    if (remote == null) {
      source = IpAddress.of(from.getAddress());
      sourcePort = from.getPort();
    }
    return true;
  }

  @Override
  public IpAddress source() {
    return source;
  }

  @Override
  public int sourcePort() {
    return sourcePort;
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
