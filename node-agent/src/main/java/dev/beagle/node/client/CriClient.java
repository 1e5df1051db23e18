package dev.beagle.node.client;

import dev.beagle.cri.node.v1.NodeServiceGrpc;
import dev.beagle.cri.node.v1.NodeServiceGrpc.NodeServiceBlockingStub;
import dev.beagle.cri.v1.ImageServiceGrpc;
import dev.beagle.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import dev.beagle.cri.v1.RuntimeServiceGrpc;
import dev.beagle.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.beagle.failure.Failure;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A connection to a daemon's CRI socket. Every call throws {@link Failure}, never a gRPC type.
 * Thread-safe; owns one event loop thread until closed.
 */
// Closing is not waited for: the process or the connection ends.
@SuppressWarnings("FutureReturnValueIgnored")
public final class CriClient implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private final EventLoopGroup loop;
  private final ManagedChannel channel;

  /** Tells the daemon that what these calls make is the command line's; see node.proto. */
  private static final Metadata.Key<String> CLIENT =
      Metadata.Key.of("beagle-client", Metadata.ASCII_STRING_MARSHALLER);

  private CriClient(EventLoopGroup loop, ManagedChannel channel) {
    this.loop = loop;
    this.channel = channel;
  }

  /**
   * A client of the CRI like any other: it makes and sees the CRI's pods.
   *
   * @param socket {@code RUN/cri.sock}
   * @throws Failure UNAVAILABLE when no daemon can be there, DENIED when it is somebody else's
   */
  public static CriClient connect(Path socket) {
    return connect(socket, new Metadata());
  }

  /** As {@link #connect}, for the command line: pods are made as its own, and all are seen. */
  public static CriClient connectCommandLine(Path socket) {
    Metadata headers = new Metadata();
    headers.put(CLIENT, "cli");
    return connect(socket, headers);
  }

  private static CriClient connect(Path socket, Metadata headers) {
    requireSocket(socket);
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(loop)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .withOption(
                ChannelOption.SO_KEEPALIVE, null) // Unix sockets have none; Netty would warn
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .usePlaintext()
            .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
            .build();
    return new CriClient(loop, channel);
  }

  /** One call of the RuntimeService. */
  public <T> T runtime(Duration limit, Function<RuntimeServiceBlockingStub, T> call) {
    return translated(() ->
        call.apply(
            RuntimeServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)));
  }

  /** One call of the ImageService. */
  public <T> T images(Duration limit, Function<ImageServiceBlockingStub, T> call) {
    return translated(() ->
        call.apply(
            ImageServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)));
  }

  /**
   * One call of our own service beside the CRI.
   *
   * @throws Failure UNSUPPORTED when the daemon is older than the call
   */
  public <T> T node(Duration limit, Function<NodeServiceBlockingStub, T> call) {
    return translated(() ->
        call.apply(
            NodeServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)));
  }

  private static <T> T translated(java.util.function.Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException error) {
      throw StatusFailures.failure(error);
    }
  }

  private static void requireSocket(Path socket) {
    Path run = socket.getParent();
    if (Files.exists(socket)) {
      if (!Files.isWritable(socket)) {
        throw Failure.denied(socket + ": permission denied; this daemon is root's, use sudo");
      }
      return;
    }
    Path closed = run;
    while (closed != null && !Files.exists(closed)) {
      closed = closed.getParent();
    }
    if (closed != null && Files.isDirectory(closed) && !Files.isExecutable(closed)) {
      throw Failure.denied(closed + ": permission denied; this daemon is root's, use sudo");
    }
    throw Failure.unavailable(
        "no daemon at "
            + socket
            + ": start one with `beagle daemon`, or say where it is with --run DIR");
  }

  @Override
  public void close() {
    channel.shutdownNow();
    loop.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
  }
}
