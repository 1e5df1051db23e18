package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The CRI, and our own calls beside it, on a Unix socket that only its owner can open. One Netty
 * event loop moves bytes; each call has a virtual thread. Until {@link #admitCalls} every call is
 * answered UNAVAILABLE: clients that try again find the pods of before. Thread-safe.
 */
public final class CriServer implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

  /** Of one client; a kubelet with hundreds of pods stays far below. */
  private static final int MAX_CALLS_PER_CONNECTION = 1000;

  /** Clients that connect all at once must not find the listener's queue full. */
  private static final int BACKLOG = 512;

  private static final int CLOSE_SECONDS = 5;

  private final SocketFile socket;
  private final ExecutorService calls =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("cri-", 0).factory());
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("cri-loop", true), NioIoHandler.newFactory());
  private final Server server;
  private volatile boolean admitting;

  private CriServer(SocketFile socket, CriNode node, CriBackend backend, Time time) {
    this.socket = socket;
    this.server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket.path()))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loop)
            .workerEventLoopGroup(loop)
            .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
            // gRPC sets it for TCP; null takes it back, or Netty warns at every connection.
            .withChildOption(ChannelOption.SO_KEEPALIVE, null)
            .executor(calls)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
            .addServices(services(node, backend, time))
            // The last one is the outermost.
            .intercept(new FailureInterceptor())
            .intercept(new Caller())
            .intercept(new Gate())
            .intercept(new CallLog(time))
            .build();
  }

  private static List<ServerServiceDefinition> services(
      CriNode node, CriBackend backend, Time time) {
    CriObjects objects = new CriObjects(backend.runtime());
    StreamCalls streams = new StreamCalls(objects, backend.streams(), time);
    ImageCalls images = new ImageCalls(backend.images(), backend.disks());
    StatsCalls stats = new StatsCalls(objects, backend.disks());
    NodeHealth health = new NodeHealth(node.root(), node.run(), objects, backend.signs());
    RuntimeServiceCalls runtime =
        new RuntimeServiceCalls(
            new NodeCalls(node, backend.runtime(), backend.networks(), health),
            new SandboxCalls(backend.runtime(), objects),
            new ContainerCalls(node, objects, backend.images()),
            streams,
            stats);
    return List.of(
        runtime.bindService(),
        images.bindService(),
        new NodeServiceCalls(images, streams, time).bindService());
  }

  /**
   * Listens; calls are refused until {@link #admitCalls}. The folder of the socket is made where it
   * is missing; the socket that a dead daemon left is replaced.
   *
   * @param path for instance {@code /run/beagle/cri.sock}
   * @throws Failure ALREADY_EXISTS when another daemon listens there, INVALID_ARGUMENT when the
   *     path cannot be a socket's, DENIED when its folder is open to others, UNAVAILABLE when it
   *     cannot be made
   */
  public static CriServer open(Path path, CriNode node, CriBackend backend, Time time) {
    SocketFile socket = SocketFile.prepare(path);
    CriServer server = new CriServer(socket, node, backend, time);
    try {
      server.server.start();
      socket.restrict();
      return server;
    } catch (IOException failed) {
      server.close();
      throw Failure.unavailable(path + ": " + failed.getMessage(), failed);
    }
  }

  /** From now on calls are served: what ran before is known again. */
  public void admitCalls() {
    admitting = true;
  }

  /**
   * Ends the service: calls under way get a few seconds, then they are cancelled. Pods are not
   * touched.
   */
  @Override
  public void close() {
    server.shutdown();
    boolean interrupted = !ended(() -> server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS));
    server.shutdownNow();
    calls.shutdown();
    interrupted |= !ended(() -> calls.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS));
    calls.shutdownNow();
    loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(2L * CLOSE_SECONDS, TimeUnit.SECONDS);
    socket.delete();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** False when the wait was interrupted; closing goes on all the same. */
  private static boolean ended(Wait wait) {
    try {
      wait.run();
      return true;
    } catch (InterruptedException stop) {
      return false;
    }
  }

  private interface Wait {
    boolean run() throws InterruptedException;
  }

  /** Refuses calls while the daemon finds out what runs. */
  private final class Gate implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      if (admitting) {
        return next.startCall(call, headers);
      }
      call.close(
          Status.UNAVAILABLE.withDescription("starting: looking for pods of before; try again"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
  }
}
