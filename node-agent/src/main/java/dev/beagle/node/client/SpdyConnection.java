package dev.beagle.node.client;

import dev.beagle.failure.Failure;
import dev.beagle.node.transport.ReadGate;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The client's side of a CRI streaming URL: an HTTP upgrade to SPDY/3.1 and streams opened by us.
 * There is no flow control in this dialect (the servers never update windows), so reading pauses
 * while a stream's reader is behind. Thread-safe; owns one event loop thread until closed.
 */
// A write that fails closes the channel, and that ends everything that waits.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyConnection implements AutoCloseable {
  /** Port-forward's protocol name. */
  public static final String PORT_FORWARD = "portforward.k8s.io";

  /** The protocol of exec and attach with the status as JSON on the error stream. */
  public static final String REMOTE_COMMAND = "v4.channel.k8s.io";

  private static final int LIMIT_SECONDS = 30;

  private final EventLoopGroup loop;
  private final Channel channel;
  private final ReadGate gate;
  private final Map<Integer, SpdyStream> streams;
  private final AtomicInteger nextStream = new AtomicInteger(1);

  private SpdyConnection(EventLoopGroup loop, Channel channel, Map<Integer, SpdyStream> streams) {
    this.loop = loop;
    this.channel = channel;
    this.gate = new ReadGate(channel);
    this.streams = streams;
  }

  /**
   * Connects and upgrades.
   *
   * @param url as answered by Exec, Attach or PortForward
   * @throws Failure UNAVAILABLE when the server does not answer or does not upgrade
   */
  public static SpdyConnection open(URI url, String protocol) {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Map<Integer, SpdyStream> streams = new ConcurrentHashMap<>();
    SpdyUpgrade upgrade = new SpdyUpgrade(url, protocol, streams);
    try {
      Channel channel =
          new Bootstrap()
              .group(loop)
              .channel(NioSocketChannel.class)
              .handler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel socket) {
                      socket.pipeline().addLast(new HttpClientCodec(), upgrade);
                    }
                  })
              .connect(new InetSocketAddress(url.getHost(), url.getPort()))
              .sync()
              .channel();
      upgrade.done().get(LIMIT_SECONDS, TimeUnit.SECONDS);
      return new SpdyConnection(loop, channel, streams);
    } catch (InterruptedException interrupted) {
      end(loop);
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while connecting to " + url.getAuthority());
    } catch (ExecutionException | TimeoutException | RuntimeException error) {
      end(loop);
      throw Failure.unavailable(
          "streaming server at " + url.getAuthority() + " does not answer: " + error.getMessage(),
          error);
    }
  }

  /**
   * Opens a stream and waits until the server has taken it.
   *
   * @param headers lower-case names, for instance streamType, port, requestID
   */
  public SpdyStream stream(Map<String, String> headers) {
    int id = nextStream.getAndAdd(2);
    SpdyStream stream = new SpdyStream(id, channel, gate);
    streams.put(id, stream);
    SpdySynStreamFrame open = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
    headers.forEach((name, value) -> open.headers().set(name, value));
    channel.writeAndFlush(open);
    try {
      stream.accepted().get(LIMIT_SECONDS, TimeUnit.SECONDS);
      return stream;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while opening a stream");
    } catch (ExecutionException | TimeoutException error) {
      throw Failure.unavailable("streaming server refused a stream: " + error.getMessage(), error);
    }
  }

  @Override
  public void close() {
    channel.close();
    end(loop);
  }

  private static void end(EventLoopGroup loop) {
    loop.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
  }
}
