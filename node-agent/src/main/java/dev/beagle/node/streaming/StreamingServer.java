package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;
import dev.beagle.node.transport.StrictAutoRead;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.time.Time;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Serves exec, attach and port forward to kubelet, crictl and critest: an HTTP server on 127.0.0.1
 * whose URLs stand for one conversation each. Who has a URL may use it, once and within a minute.
 *
 * <p>One event loop moves bytes; everything that blocks (processes, forwarded connections) has a
 * virtual thread for each direction. No conversation holds more than a fixed amount of memory,
 * however slow its client or its process. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
public final class StreamingServer implements AutoCloseable {
  private static final int CLOSE_SECONDS = 5;

  private final StreamingLimits limits;
  private final WaitingRequests waiting;
  private final Admission admission;
  private final EventLoopGroup loops;
  private final ExecutorService threads;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel listener;

  private StreamingServer(Time time, StreamingLimits limits) {
    this.limits = limits;
    this.waiting = new WaitingRequests(time, limits);
    this.admission = new Admission(limits);
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("streaming-", 0).factory());
    this.loops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("streaming-loop", true), NioIoHandler.newFactory());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connected(channel);
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
      threads.shutdown();
      throw Failure.unavailable("streaming server: no port on 127.0.0.1", bound.cause());
    }
    this.listener = bound.channel();
  }

  /**
   * Listens on a free port of 127.0.0.1.
   *
   * @throws Failure UNAVAILABLE when there is none
   */
  public static StreamingServer open(Time time) {
    return open(time, StreamingLimits.STANDARD);
  }

  static StreamingServer open(Time time, StreamingLimits limits) {
    return new StreamingServer(time, limits);
  }

  private void connected(SocketChannel channel) {
    connections.add(channel);
    admission.arrived(channel);
    channel.pipeline().addLast(new LingeringClose(limits.linger()), new StrictAutoRead());
    new HttpUpgrade(waiting, admission, limits, threads).install(channel.pipeline());
  }

  /**
   * A URL at which one client can run a process.
   *
   * @param opener starts the process, with the streams of the options; called once when the client
   *     is there, on a virtual thread that is interrupted if the client goes. Its {@link Failure},
   *     and that of {@link ContainerProcess#await}, is told to the client
   * @throws Failure EXHAUSTED when too many URLs wait for their clients
   */
  public URI exec(StreamOptions options, Supplier<ContainerProcess> opener) {
    return uri(new StreamingRequest.RemoteCommand(false, false, options, opener));
  }

  /**
   * As {@link #exec}, for the container's own process: ends in success when its outputs end
   * (without outputs, when the client's input ends), whatever its exit code.
   *
   * @param inputEndDetaches whether it also ends with the client's input while the outputs go on
   */
  public URI attach(
      StreamOptions options, boolean inputEndDetaches, Supplier<ContainerProcess> opener) {
    return uri(new StreamingRequest.RemoteCommand(true, inputEndDetaches, options, opener));
  }

  /**
   * A URL at which one client can open any number of connections to the dialer's ports.
   *
   * @param ports what the request named (may be empty): only clients that speak WebSocket channels
   *     go by it, all others name any port with each connection
   * @throws Failure INVALID_ARGUMENT for a port out of range or more than 127 ports; EXHAUSTED when
   *     too many URLs wait for their clients
   */
  public URI portForward(List<Integer> ports, PortDialer dialer) {
    return uri(new StreamingRequest.PortForward(ports, dialer));
  }

  private URI uri(StreamingRequest request) {
    InetSocketAddress address = (InetSocketAddress) listener.localAddress();
    return URI.create(
        "http://127.0.0.1:"
            + address.getPort()
            + "/"
            + request.path()
            + "/"
            + waiting.add(request));
  }

  private static void doNotLinger(Channel open) {
    try {
      open.pipeline().remove(LingeringClose.class);
    } catch (NoSuchElementException closing) {
      // It closes by itself just now, and its pipeline is taken down.
    }
  }

  /**
   * Ends all conversations: processes get end of file, clients lose their connections. Waits a few
   * seconds for openers and dialers that are under way, which are interrupted.
   */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
    connections.forEach(StreamingServer::doNotLinger);
    connections.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    threads.shutdownNow();
    boolean interrupted = false;
    try {
      threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      interrupted = true;
    }
    loops
        .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(2L * CLOSE_SECONDS, TimeUnit.SECONDS);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
