package dev.beagle.node.cli;

import com.google.protobuf.ByteString;
import dev.beagle.cri.node.v1.LayerProgress;
import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.NodeServiceGrpc;
import dev.beagle.cri.node.v1.PullImageResponse;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.cri.node.v1.StartFailure;
import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.ContainerStatusRequest;
import dev.beagle.cri.v1.ContainerStatusResponse;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.CreateContainerResponse;
import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ExecSyncResponse;
import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ImageServiceGrpc;
import dev.beagle.cri.v1.ImageStatusRequest;
import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.ListContainersResponse;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.cri.v1.ListImagesResponse;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.ListPodSandboxResponse;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.PodSandboxNetworkStatus;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStatus;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PodSandboxStatusResponse;
import dev.beagle.cri.v1.PullImageRequest;
import dev.beagle.cri.v1.RemoveImageRequest;
import dev.beagle.cri.v1.RemoveImageResponse;
import dev.beagle.cri.v1.RemovePodSandboxRequest;
import dev.beagle.cri.v1.RemovePodSandboxResponse;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.RunPodSandboxResponse;
import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.RuntimeServiceGrpc;
import dev.beagle.cri.v1.RuntimeStatus;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.cri.v1.StartContainerResponse;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.cri.v1.StopContainerResponse;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.cri.v1.StopPodSandboxResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.grpc.util.MutableHandlerRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A daemon in memory on a real socket. A container's program is its first argument: {@code echo}
 * writes the rest to its log and ends with 0, {@code exit N} ends with N, {@code missing} cannot be
 * started, anything else runs until it is stopped.
 */
final class SimulatedCri implements AutoCloseable {
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Map<String, Pod> pods = new ConcurrentHashMap<>();
  private final Map<String, Program> containers = new ConcurrentHashMap<>();
  private final Map<String, Image> images = new ConcurrentHashMap<>();
  private final MutableHandlerRegistry own = new MutableHandlerRegistry();
  private final Server server;

  /** As a verbose Status tells them: JSON. */
  volatile String problems = "[]";

  /** Of all images. */
  volatile String architecture = "amd64";

  /** Likewise: the default first. */
  volatile String kinds = "{\"namespaces\":\"usable\"}";

  SimulatedCri(Path socket) throws IOException {
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loop)
            .workerEventLoopGroup(loop)
            .addService(new RuntimeCalls())
            .addService(new ImageCalls())
            .fallbackHandlerRegistry(own)
            .build()
            .start();
  }

  /** From now on it is a daemon with our own calls beside the CRI's. */
  void tellPulls() {
    var _ = own.addService(new NodeCalls());
  }

  Map<String, Pod> pods() {
    return pods;
  }

  @Override
  public void close() {
    server.shutdownNow();
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** A pod ends by itself. */
  void end(String name, String reason) {
    pods.replaceAll((_, pod) ->
        pod.config().getMetadata().getName().equals(name)
            ? new Pod(pod.config(), PodSandboxState.SANDBOX_NOTREADY, reason)
            : pod);
  }

  /**
   * @param reason why it is not ready
   */
  record Pod(PodSandboxConfig config, PodSandboxState state, String reason) {}

  record Program(
      String podId, ContainerConfig config, ContainerState state, int exitCode, String logPath) {
    private Program with(ContainerState newState, int newExitCode) {
      return new Program(podId, config, newState, newExitCode, logPath);
    }
  }

  private static <T> void answer(StreamObserver<T> observer, Supplier<T> call) {
    try {
      T result = call.get();
      observer.onNext(result);
      observer.onCompleted();
    } catch (RuntimeException error) {
      observer.onError(error);
    }
  }

  private static <T> T require(Map<String, T> all, String kind, String id) {
    return Optional.ofNullable(all.get(id))
        .orElseThrow(() ->
            Status.NOT_FOUND.withDescription(kind + " " + id + " not found").asRuntimeException());
  }

  private static String id(String seed) {
    return (Integer.toHexString(seed.hashCode()) + "0".repeat(64)).substring(0, 64);
  }

  private final class RuntimeCalls extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> observer) {
      answer(
          observer,
          () ->
              VersionResponse.newBuilder()
                  .setRuntimeName("beagle")
                  .setRuntimeVersion("9.9.9")
                  .build());
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
      answer(
          observer,
          () ->
              StatusResponse.newBuilder()
                  .putInfo("problems", problems)
                  .putInfo("sandboxKinds", kinds)
                  .addRuntimeHandlers(RuntimeHandler.newBuilder().setName("namespaces"))
                  .setStatus(
                      RuntimeStatus.newBuilder()
                          .addConditions(
                              RuntimeCondition.newBuilder().setType("RuntimeReady").setStatus(true))
                          .addConditions(
                              RuntimeCondition.newBuilder()
                                  .setType("NetworkReady")
                                  .setStatus(false)
                                  .setReason("SwitchDown")
                                  .setMessage("the switch is being restarted")))
                  .build());
    }

    @Override
    public void runPodSandbox(
        RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> observer) {
      answer(
          observer,
          () -> {
            if (!request.getRuntimeHandler().isEmpty()) {
              throw Status.INVALID_ARGUMENT
                  .withDescription("runtime_handler: \"foo\" is not one of [namespaces, hvf]")
                  .asRuntimeException();
            }
            String id = id("pod " + request.getConfig().getMetadata().getName());
            pods.put(id, new Pod(request.getConfig(), PodSandboxState.SANDBOX_READY, ""));
            return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
          });
    }

    @Override
    public void createContainer(
        CreateContainerRequest request, StreamObserver<CreateContainerResponse> observer) {
      answer(
          observer,
          () -> {
            String id = id("container " + request.getConfig().getMetadata().getName());
            containers.put(
                id,
                new Program(
                    request.getPodSandboxId(),
                    request.getConfig(),
                    ContainerState.CONTAINER_CREATED,
                    0,
                    request.getSandboxConfig().getLogDirectory()
                        + "/"
                        + request.getConfig().getLogPath()));
            return CreateContainerResponse.newBuilder().setContainerId(id).build();
          });
    }

    @Override
    public void startContainer(
        StartContainerRequest request, StreamObserver<StartContainerResponse> observer) {
      answer(
          observer,
          () -> {
            Program program = require(containers, "container", request.getContainerId());
            containers.put(request.getContainerId(), started(program));
            return StartContainerResponse.getDefaultInstance();
          });
    }

    private Program started(Program program) {
      var arguments = program.config().getArgsList();
      String name = arguments.isEmpty() ? "" : arguments.getFirst();
      return switch (name) {
        case "echo" -> {
          String text = String.join(" ", arguments.subList(1, arguments.size()));
          log(program, text);
          yield program.with(ContainerState.CONTAINER_EXITED, 0);
        }
        case "exit" ->
            program.with(ContainerState.CONTAINER_EXITED, Integer.parseInt(arguments.get(1)));
        case "missing" ->
            throw Status.INTERNAL
                .withDescription("said by the OCI runtime")
                .asRuntimeException(programMissing());
        default -> program.with(ContainerState.CONTAINER_RUNNING, 0);
      };
    }

    private static void log(Program program, String text) {
      try {
        Files.writeString(
            Path.of(program.logPath()), "2026-01-02T03:04:05Z stdout F " + text + "\n");
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }

    @Override
    public void stopContainer(
        StopContainerRequest request, StreamObserver<StopContainerResponse> observer) {
      answer(
          observer,
          () -> {
            containers.computeIfPresent(
                request.getContainerId(),
                (_, program) -> program.with(ContainerState.CONTAINER_EXITED, 143));
            return StopContainerResponse.getDefaultInstance();
          });
    }

    @Override
    public void stopPodSandbox(
        StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> observer) {
      answer(
          observer,
          () -> {
            pods.computeIfPresent(
                request.getPodSandboxId(),
                (_, pod) -> new Pod(pod.config(), PodSandboxState.SANDBOX_NOTREADY, "stopped"));
            return StopPodSandboxResponse.getDefaultInstance();
          });
    }

    @Override
    public void removePodSandbox(
        RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> observer) {
      answer(
          observer,
          () -> {
            pods.remove(request.getPodSandboxId());
            containers
                .values()
                .removeIf(program -> program.podId().equals(request.getPodSandboxId()));
            return RemovePodSandboxResponse.getDefaultInstance();
          });
    }

    @Override
    public void listPodSandbox(
        ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
      answer(
          observer,
          () -> {
            ListPodSandboxResponse.Builder list = ListPodSandboxResponse.newBuilder();
            pods.forEach((id, pod) ->
                list.addItems(
                    PodSandbox.newBuilder()
                        .setId(id)
                        .setMetadata(pod.config().getMetadata())
                        .setState(pod.state())));
            return list.build();
          });
    }

    @Override
    public void listContainers(
        ListContainersRequest request, StreamObserver<ListContainersResponse> observer) {
      answer(
          observer,
          () -> {
            ListContainersResponse.Builder list = ListContainersResponse.newBuilder();
            containers.forEach((id, program) ->
                list.addContainers(
                    Container.newBuilder()
                        .setId(id)
                        .setPodSandboxId(program.podId())
                        .setMetadata(program.config().getMetadata())
                        .setImage(program.config().getImage())
                        .setState(program.state())));
            return list.build();
          });
    }

    @Override
    public void podSandboxStatus(
        PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
      answer(
          observer,
          () -> {
            Pod pod = require(pods, "pod", request.getPodSandboxId());
            return PodSandboxStatusResponse.newBuilder()
                .putInfo(
                    "info",
                    "{\"runtimeType\":\"namespaces\",\"reason\":\"%s\"}".formatted(pod.reason()))
                .setStatus(
                    PodSandboxStatus.newBuilder()
                        .setState(pod.state())
                        .setNetwork(PodSandboxNetworkStatus.newBuilder().setIp("10.88.0.9")))
                .build();
          });
    }

    @Override
    public void containerStatus(
        ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> observer) {
      answer(
          observer,
          () -> {
            Program program = require(containers, "container", request.getContainerId());
            return ContainerStatusResponse.newBuilder()
                .setStatus(
                    ContainerStatus.newBuilder()
                        .setId(request.getContainerId())
                        .setState(program.state())
                        .setExitCode(program.exitCode())
                        .setReason(program.exitCode() == 0 ? "Completed" : "Error")
                        .setFinishedAt(1_000_000_000L)
                        .setLogPath(program.logPath()))
                .build();
          });
    }

    @Override
    public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> observer) {
      answer(
          observer,
          () -> {
            if (request.getCmd(0).equals("missing")) {
              throw Status.INTERNAL
                  .withDescription("said by the OCI runtime")
                  .asRuntimeException(programMissing());
            }
            return ExecSyncResponse.newBuilder()
                .setStdout(
                    ByteString.copyFrom(
                        String.join(" ", request.getCmdList()) + "\n", StandardCharsets.UTF_8))
                .setExitCode(request.getCmdCount())
                .build();
          });
    }
  }

  private final class NodeCalls extends NodeServiceGrpc.NodeServiceImplBase {
    /** One layer was here, two come. */
    @Override
    public void pullImage(
        dev.beagle.cri.node.v1.PullImageRequest request,
        StreamObserver<PullImageResponse> observer) {
      for (int come = 0; come <= 2 && !request.getImage().contains("wrong"); come++) {
        observer.onNext(
            PullImageResponse.newBuilder()
                .setProgress(
                    PullProgress.newBuilder()
                        .addLayers(layer("00", LayerState.LAYER_STATE_PRESENT, 500))
                        .addLayers(layer("01", state(come > 0), 3_000_000))
                        .addLayers(layer("02", state(come > 1), 1_000_000)))
                .build());
      }
      answer(
          observer,
          () -> PullImageResponse.newBuilder().setImageRef(pulled(request.getImage())).build());
    }
  }

  private static LayerProgress layer(String digest, LayerState state, long bytes) {
    return LayerProgress.newBuilder()
        .setDigest("sha256:" + digest.repeat(32))
        .setState(state)
        .setBytesExpected(bytes)
        .build();
  }

  private static LayerState state(boolean come) {
    return come ? LayerState.LAYER_STATE_DONE : LayerState.LAYER_STATE_FETCHING;
  }

  private String pulled(String name) {
    Function<Status, RuntimeException> refused = Status::asRuntimeException;
    if (name.startsWith("down.example/")) {
      throw refused.apply(
          Status.UNKNOWN.withDescription("RegistryUnavailable: down.example: refused"));
    }
    if (name.contains("wrong")) {
      throw refused.apply(Status.NOT_FOUND.withDescription("image " + name + " not found"));
    }
    String id = "sha256:" + id(name);
    images.put(name, Image.newBuilder().setId(id).addRepoTags(name).setSize(12_345_678).build());
    return id;
  }

  private final class ImageCalls extends ImageServiceGrpc.ImageServiceImplBase {
    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
      answer(observer, () -> ListImagesResponse.newBuilder().addAllImages(images.values()).build());
    }

    @Override
    public void imageStatus(
        ImageStatusRequest request, StreamObserver<ImageStatusResponse> observer) {
      answer(
          observer,
          () -> {
            ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
            Optional.ofNullable(images.get(request.getImage().getImage()))
                .ifPresent(response::setImage);
            response.putInfo(
                "info", "{\"imageSpec\":{\"architecture\":\"%s\"}}".formatted(architecture));
            return response.build();
          });
    }

    @Override
    public void pullImage(
        PullImageRequest request, StreamObserver<dev.beagle.cri.v1.PullImageResponse> observer) {
      answer(
          observer,
          () ->
              dev.beagle.cri.v1.PullImageResponse.newBuilder()
                  .setImageRef(pulled(request.getImage().getImage()))
                  .build());
    }

    @Override
    public void removeImage(
        RemoveImageRequest request, StreamObserver<RemoveImageResponse> observer) {
      answer(
          observer,
          () -> {
            images.remove(request.getImage().getImage());
            return RemoveImageResponse.getDefaultInstance();
          });
    }
  }

  private static Metadata programMissing() {
    Metadata trailers = new Metadata();
    trailers.put(
        Metadata.Key.of("beagle-start-failure-bin", Metadata.BINARY_BYTE_MARSHALLER),
        StartFailure.newBuilder().setProgramMissing("missing").build().toByteArray());
    return trailers;
  }
}
