package dev.beagle.node.cri;

import dev.beagle.cri.v1.ContainerStatusRequest;
import dev.beagle.cri.v1.ContainerStatusResponse;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.CreateContainerResponse;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.ListContainersResponse;
import dev.beagle.cri.v1.RemoveContainerRequest;
import dev.beagle.cri.v1.RemoveContainerResponse;
import dev.beagle.cri.v1.ReopenContainerLogRequest;
import dev.beagle.cri.v1.ReopenContainerLogResponse;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.cri.v1.StartContainerResponse;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.cri.v1.StopContainerResponse;
import dev.beagle.failure.Failure;
import dev.beagle.node.cri.NodeImages.NodeImage;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Calls about containers. Thread-safe. */
final class ContainerCalls {
  /** A year: beyond any grace that is meant, within what a deadline can hold. */
  private static final long MAX_GRACE_SECONDS = 366L * 24 * 60 * 60;

  private final CriNode node;
  private final CriObjects objects;
  private final NodeImages images;

  ContainerCalls(CriNode node, CriObjects objects, NodeImages images) {
    this.node = node;
    this.objects = objects;
    this.images = images;
  }

  /**
   * Never pulls. The configuration that the sandbox was made with counts, not the request's copy.
   * Goes on when the client leaves: its retry of the same name gets the container.
   */
  CreateContainerResponse create(CreateContainerRequest request) {
    Sandbox sandbox = objects.requireSandbox(request.getPodSandboxId());
    ContainerRequests.check(request);
    if (!(sandbox.state() instanceof SandboxState.Ready)) {
      throw Failure.wrongState("sandbox " + sandbox.id().shortForm() + " is not running");
    }
    String name = request.getConfig().getImage().getImage();
    NodeImage image =
        images
            .find(name)
            .orElseThrow(() -> Failure.notFound("image", name + ", which must be pulled first,"));
    try {
      Container container =
          sandbox.createContainer(
              ContainerRequests.spec(request, sandbox, image.id(), node.recursiveReadOnlyMounts()));
      return CreateContainerResponse.newBuilder().setContainerId(container.id().value()).build();
    } catch (Failure failure) {
      throw SandboxCalls.ofField(failure);
    }
  }

  StartContainerResponse start(StartContainerRequest request) {
    objects.requireContainer(request.getContainerId()).start();
    return StartContainerResponse.getDefaultInstance();
  }

  /** Goes on when the client leaves, so that SIGKILL comes when it was announced. */
  StopContainerResponse stop(StopContainerRequest request) {
    long seconds = Math.clamp(request.getTimeout(), 0, MAX_GRACE_SECONDS);
    objects
        .findContainer(request.getContainerId())
        .ifPresent(
            container -> SandboxCalls.ifPresent(() -> container.stop(Duration.ofSeconds(seconds))));
    return StopContainerResponse.getDefaultInstance();
  }

  RemoveContainerResponse remove(RemoveContainerRequest request) {
    objects
        .findContainer(request.getContainerId())
        .ifPresent(container -> SandboxCalls.ifPresent(container::remove));
    return RemoveContainerResponse.getDefaultInstance();
  }

  ContainerStatusResponse status(ContainerStatusRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    ContainerStatusResponse.Builder response =
        ContainerStatusResponse.newBuilder()
            .setStatus(CriTranslation.status(container, images.find(container.spec().imageId())));
    if (request.getVerbose()) {
      Sandbox sandbox = objects.requireSandbox(container.sandboxId().value());
      response.putAllInfo(VerboseInfo.of(container, sandbox));
    }
    return response.build();
  }

  ListContainersResponse list(ListContainersRequest request) {
    Map<String, NodeImage> known =
        images.list().stream()
            .collect(Collectors.toMap(NodeImage::id, Function.identity(), (one, _) -> one));
    return ListContainersResponse.newBuilder()
        .addAllContainers(
            objects.containers().stream()
                .filter(container -> CriFilters.matches(request.getFilter(), container))
                .map(container ->
                    CriTranslation.listed(
                        container, Optional.ofNullable(known.get(container.spec().imageId()))))
                .toList())
        .build();
  }

  ReopenContainerLogResponse reopenLog(ReopenContainerLogRequest request) {
    objects.requireContainer(request.getContainerId()).reopenLog();
    return ReopenContainerLogResponse.getDefaultInstance();
  }
}
