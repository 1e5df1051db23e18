package dev.beagle.node.cri;

import dev.beagle.cri.v1.AttachRequest;
import dev.beagle.cri.v1.AttachResponse;
import dev.beagle.cri.v1.ContainerStatsRequest;
import dev.beagle.cri.v1.ContainerStatsResponse;
import dev.beagle.cri.v1.ContainerStatusRequest;
import dev.beagle.cri.v1.ContainerStatusResponse;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.CreateContainerResponse;
import dev.beagle.cri.v1.ExecRequest;
import dev.beagle.cri.v1.ExecResponse;
import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ExecSyncResponse;
import dev.beagle.cri.v1.ListContainerStatsRequest;
import dev.beagle.cri.v1.ListContainerStatsResponse;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.ListContainersResponse;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.ListPodSandboxResponse;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PodSandboxStatusResponse;
import dev.beagle.cri.v1.PortForwardRequest;
import dev.beagle.cri.v1.PortForwardResponse;
import dev.beagle.cri.v1.RemoveContainerRequest;
import dev.beagle.cri.v1.RemoveContainerResponse;
import dev.beagle.cri.v1.RemovePodSandboxRequest;
import dev.beagle.cri.v1.RemovePodSandboxResponse;
import dev.beagle.cri.v1.ReopenContainerLogRequest;
import dev.beagle.cri.v1.ReopenContainerLogResponse;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.RunPodSandboxResponse;
import dev.beagle.cri.v1.RuntimeConfigRequest;
import dev.beagle.cri.v1.RuntimeConfigResponse;
import dev.beagle.cri.v1.RuntimeServiceGrpc;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.cri.v1.StartContainerResponse;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.cri.v1.StopContainerResponse;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.cri.v1.StopPodSandboxResponse;
import dev.beagle.cri.v1.UpdateRuntimeConfigRequest;
import dev.beagle.cri.v1.UpdateRuntimeConfigResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import io.grpc.stub.StreamObserver;

/**
 * The runtime service: each call goes to the class that does it. A call that is not here answers
 * UNIMPLEMENTED. The calls block; failures are thrown and translated by {@link FailureInterceptor}.
 * Thread-safe.
 */
final class RuntimeServiceCalls extends RuntimeServiceGrpc.RuntimeServiceImplBase {
  private final NodeCalls node;
  private final SandboxCalls sandboxes;
  private final ContainerCalls containers;
  private final StreamCalls streams;
  private final StatsCalls stats;

  RuntimeServiceCalls(
      NodeCalls node,
      SandboxCalls sandboxes,
      ContainerCalls containers,
      StreamCalls streams,
      StatsCalls stats) {
    this.node = node;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.streams = streams;
    this.stats = stats;
  }

  static <T> void answer(StreamObserver<T> observer, T response) {
    observer.onNext(response);
    observer.onCompleted();
  }

  @Override
  public void version(VersionRequest request, StreamObserver<VersionResponse> response) {
    answer(response, node.version());
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> response) {
    answer(response, node.status(request));
  }

  @Override
  public void runtimeConfig(
      RuntimeConfigRequest request, StreamObserver<RuntimeConfigResponse> response) {
    answer(response, node.runtimeConfig());
  }

  @Override
  public void updateRuntimeConfig(
      UpdateRuntimeConfigRequest request, StreamObserver<UpdateRuntimeConfigResponse> response) {
    answer(response, node.updateRuntimeConfig(request));
  }

  @Override
  public void runPodSandbox(
      RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> response) {
    answer(response, sandboxes.run(request));
  }

  @Override
  public void stopPodSandbox(
      StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> response) {
    answer(response, sandboxes.stop(request));
  }

  @Override
  public void removePodSandbox(
      RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> response) {
    answer(response, sandboxes.remove(request));
  }

  @Override
  public void podSandboxStatus(
      PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> response) {
    answer(response, sandboxes.status(request));
  }

  @Override
  public void listPodSandbox(
      ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> response) {
    answer(response, sandboxes.list(request));
  }

  @Override
  public void createContainer(
      CreateContainerRequest request, StreamObserver<CreateContainerResponse> response) {
    answer(response, containers.create(request));
  }

  @Override
  public void startContainer(
      StartContainerRequest request, StreamObserver<StartContainerResponse> response) {
    answer(response, containers.start(request));
  }

  @Override
  public void stopContainer(
      StopContainerRequest request, StreamObserver<StopContainerResponse> response) {
    answer(response, containers.stop(request));
  }

  @Override
  public void removeContainer(
      RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> response) {
    answer(response, containers.remove(request));
  }

  @Override
  public void containerStatus(
      ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> response) {
    answer(response, containers.status(request));
  }

  @Override
  public void listContainers(
      ListContainersRequest request, StreamObserver<ListContainersResponse> response) {
    answer(response, containers.list(request));
  }

  @Override
  public void reopenContainerLog(
      ReopenContainerLogRequest request, StreamObserver<ReopenContainerLogResponse> response) {
    answer(response, containers.reopenLog(request));
  }

  @Override
  public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> response) {
    answer(response, streams.execSync(request));
  }

  @Override
  public void exec(ExecRequest request, StreamObserver<ExecResponse> response) {
    answer(response, streams.exec(request));
  }

  @Override
  public void attach(AttachRequest request, StreamObserver<AttachResponse> response) {
    answer(response, streams.attach(request));
  }

  @Override
  public void portForward(
      PortForwardRequest request, StreamObserver<PortForwardResponse> response) {
    answer(response, streams.portForward(request));
  }

  @Override
  public void containerStats(
      ContainerStatsRequest request, StreamObserver<ContainerStatsResponse> response) {
    answer(response, stats.containerStats(request));
  }

  @Override
  public void listContainerStats(
      ListContainerStatsRequest request, StreamObserver<ListContainerStatsResponse> response) {
    answer(response, stats.list(request));
  }
}
