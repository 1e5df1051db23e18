package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.cri.node.v1.NodeServiceGrpc;
import dev.beagle.cri.node.v1.NodeServiceGrpc.NodeServiceBlockingStub;
import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.ContainerMetadata;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.ImageServiceGrpc;
import dev.beagle.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.PodSandboxMetadata;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.RuntimeServiceGrpc;
import dev.beagle.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.lifecycle.Closer;
import dev.beagle.testing.ManualTime;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A CRI server over simulated pods and images, and a client of it on a real Unix socket. */
final class CriWorld implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

  private final Closer closer = new Closer();
  final ManualTime time = new ManualTime();
  final SimulatedPodRuntime pods = new SimulatedPodRuntime(time);
  final SimulatedImages images = new SimulatedImages();
  final SimulatedDisks disks = new SimulatedDisks();
  final SimulatedNetworks networks = new SimulatedNetworks();
  final RecordingStreamUrls streams = new RecordingStreamUrls();
  volatile List<Path> damagedRecords = List.of();
  volatile Map<Path, String> undeletedFiles = Map.of();
  volatile Optional<String> hostInterfaceProblem = Optional.empty();
  private final Path folder;

  /** Not there: a disk of it cannot be asked. */
  final Path root = Path.of("/var/lib/beagle-of-no-test");

  final Path socket;
  final CriServer server;
  final RuntimeServiceBlockingStub runtime;
  final ImageServiceBlockingStub imageService;
  final NodeServiceBlockingStub node;
  final ManagedChannel channel;

  private CriWorld(Path folder, boolean admitting) {
    this.folder = folder;
    this.socket = folder.resolve("run").resolve("cri.sock");
    time.advance(Duration.ofSeconds(1));
    this.server =
        closer.register(
            CriServer.open(
                socket,
                new CriNode("0.1.0", root, folder.resolve("run"), true),
                new CriBackend(
                    pods,
                    networks,
                    images,
                    disks,
                    new NodeSigns(
                        () -> damagedRecords, () -> hostInterfaceProblem, () -> undeletedFiles),
                    streams),
                time));
    if (admitting) {
      server.admitCalls();
    }
    this.channel = channel();
    this.runtime = RuntimeServiceGrpc.newBlockingStub(channel);
    this.imageService = ImageServiceGrpc.newBlockingStub(channel);
    this.node = NodeServiceGrpc.newBlockingStub(channel);
  }

  /** The same daemon as a client with that metadata sees it. */
  RuntimeServiceBlockingStub runtimeAs(String client) {
    Metadata headers = new Metadata();
    headers.put(Caller.HEADER, client);
    return runtime.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  static CriWorld open() {
    return new CriWorld(temporaryFolder(), true);
  }

  static CriWorld starting() {
    return new CriWorld(temporaryFolder(), false);
  }

  /** Short: the path of a socket may be 103 bytes long. */
  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("cri");
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }

  private ManagedChannel channel() {
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("cri-client", true), NioIoHandler.newFactory());
    closer.onClose(() -> loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly());
    ManagedChannel client =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(loop)
            // gRPC sets it for TCP; null takes it back, or Netty warns at every connection.
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .usePlaintext()
            .build();
    closer.onClose(client::shutdownNow);
    return client;
  }

  static PodSandboxConfig.Builder sandboxConfig(String name) {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName(name)
                .setNamespace("default")
                .setUid("uid-" + name)
                .setAttempt(2));
  }

  String runSandbox(String name) {
    return runSandbox(sandboxConfig(name).build());
  }

  String runSandbox(PodSandboxConfig config) {
    return runtime
        .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
        .getPodSandboxId();
  }

  static ContainerConfig.Builder containerConfig(String name) {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name).setAttempt(1))
        .setImage(ImageSpec.newBuilder().setImage("busybox"));
  }

  String createContainer(String sandboxId, ContainerConfig config) {
    images.add(SimulatedImages.busybox(""));
    return runtime
        .createContainer(
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(sandboxId)
                .setConfig(config)
                .build())
        .getContainerId();
  }

  /** A container that runs in a sandbox of its own. */
  String runningContainer(String name) {
    String id = createContainer(runSandbox("pod-" + name), containerConfig(name).build());
    start(id);
    return id;
  }

  void start(String containerId) {
    var _ =
        runtime.startContainer(
            StartContainerRequest.newBuilder().setContainerId(containerId).build());
  }

  /** That a call fails with a code and a message that contains a text. */
  static void assertFails(Status.Code code, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              if (failure.getStatus().getCode() != code) {
                throw new AssertionError("expected " + code + " but was", failure);
              }
            })
        .hasMessageContaining(text);
  }

  static Status statusOf(ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call).getStatus();
  }

  @Override
  public void close() {
    closer.close();
    try {
      Files.delete(folder.resolve("run"));
      Files.delete(folder);
    } catch (IOException left) {
      throw new AssertionError("the server left something in its folder", left);
    }
  }
}
