package dev.beagle.node.cri;

import dev.beagle.cri.v1.ContainerMetadata;
import dev.beagle.cri.v1.ContainerResources;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.ContainerUser;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.LinuxContainerResources;
import dev.beagle.cri.v1.LinuxContainerUser;
import dev.beagle.cri.v1.LinuxPodSandboxStatus;
import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.MountPropagation;
import dev.beagle.cri.v1.Namespace;
import dev.beagle.cri.v1.NamespaceMode;
import dev.beagle.cri.v1.NamespaceOption;
import dev.beagle.cri.v1.PodIP;
import dev.beagle.cri.v1.PodSandboxMetadata;
import dev.beagle.cri.v1.PodSandboxNetworkStatus;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStatus;
import dev.beagle.node.cri.NodeImages.NodeImage;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxName;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is in the core as messages of the CRI. What was asked for comes back as it was asked. */
final class CriTranslation {
  private CriTranslation() {}

  /** Nanoseconds since the epoch. */
  static long nanos(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
  }

  static dev.beagle.cri.v1.PodSandbox listed(Sandbox sandbox) {
    return dev.beagle.cri.v1.PodSandbox.newBuilder()
        .setId(sandbox.id().value())
        .setMetadata(metadata(sandbox.spec().name()))
        .setState(state(sandbox.state()))
        .setCreatedAt(nanos(sandbox.createdAt()))
        .putAllLabels(sandbox.spec().labels())
        .putAllAnnotations(sandbox.spec().annotations())
        .setRuntimeHandler(sandbox.spec().kind())
        .build();
  }

  static PodSandboxStatus status(Sandbox sandbox) {
    SandboxSpec spec = sandbox.spec();
    SandboxState state = sandbox.state();
    NamespaceOption namespaces =
        NamespaceOption.newBuilder()
            .setNetwork(mode(spec.network()))
            .setPid(mode(spec.pid()))
            .setIpc(mode(spec.ipc()))
            .build();
    return PodSandboxStatus.newBuilder()
        .setId(sandbox.id().value())
        .setMetadata(metadata(spec.name()))
        .setState(state(state))
        .setCreatedAt(nanos(sandbox.createdAt()))
        .setNetwork(network(state))
        .setLinux(
            LinuxPodSandboxStatus.newBuilder()
                .setNamespaces(Namespace.newBuilder().setOptions(namespaces)))
        .putAllLabels(spec.labels())
        .putAllAnnotations(spec.annotations())
        .setRuntimeHandler(spec.kind())
        .build();
  }

  static PodSandboxMetadata metadata(SandboxName name) {
    return PodSandboxMetadata.newBuilder()
        .setName(name.name())
        .setNamespace(name.namespace())
        .setUid(name.uid())
        .setAttempt(name.attempt())
        .build();
  }

  static PodSandboxState state(SandboxState state) {
    return state instanceof SandboxState.Ready
        ? PodSandboxState.SANDBOX_READY
        : PodSandboxState.SANDBOX_NOTREADY;
  }

  private static PodSandboxNetworkStatus network(SandboxState state) {
    PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
    if (state instanceof SandboxState.Ready(List<InetAddress> addresses) && !addresses.isEmpty()) {
      network.setIp(addresses.getFirst().getHostAddress());
      for (InetAddress further : addresses.subList(1, addresses.size())) {
        network.addAdditionalIps(PodIP.newBuilder().setIp(further.getHostAddress()));
      }
    }
    return network.build();
  }

  private static NamespaceMode mode(dev.beagle.runtime.pod.NamespaceMode mode) {
    return switch (mode) {
      case POD -> NamespaceMode.POD;
      case CONTAINER -> NamespaceMode.CONTAINER;
      case NODE -> NamespaceMode.NODE;
      case TARGET -> NamespaceMode.TARGET;
    };
  }

  static dev.beagle.cri.v1.Container listed(Container container, Optional<NodeImage> image) {
    ContainerSpec spec = container.spec();
    return dev.beagle.cri.v1.Container.newBuilder()
        .setId(container.id().value())
        .setPodSandboxId(container.sandboxId().value())
        .setMetadata(metadata(spec))
        .setImage(ImageSpec.newBuilder().setImage(spec.imageName()))
        .setImageRef(imageRef(spec, image))
        .setImageId(spec.imageId())
        .setState(state(container.state()))
        .setCreatedAt(nanos(container.createdAt()))
        .putAllLabels(spec.labels())
        .putAllAnnotations(spec.annotations())
        .build();
  }

  static ContainerStatus status(Container container, Optional<NodeImage> image) {
    ContainerSpec spec = container.spec();
    ContainerState state = container.state();
    ContainerStatus.Builder status =
        ContainerStatus.newBuilder()
            .setId(container.id().value())
            .setMetadata(metadata(spec))
            .setState(state(state))
            .setCreatedAt(nanos(container.createdAt()))
            .setImage(ImageSpec.newBuilder().setImage(imageName(spec, image)))
            .setImageRef(imageRef(spec, image))
            .setImageId(spec.imageId())
            .putAllLabels(spec.labels())
            .putAllAnnotations(spec.annotations())
            .setLogPath(container.logPath().orElse(""))
            .setResources(
                ContainerResources.newBuilder().setLinux(resources(spec.resources())).build())
            .setUser(user(container.process()))
            .setStopSignal(
                spec.stopSignal().isEmpty()
                    ? CriSignals.ofNumber(container.process().stopSignal())
                    : CriSignals.ofName(spec.stopSignal()));
    spec.mounts().forEach(mount -> status.addMounts(mount(mount)));
    switch (state) {
      case ContainerState.Created() -> {}
      case ContainerState.Running(Instant since, long _) -> status.setStartedAt(nanos(since));
      case ContainerState.Exited(var startedAt, var at, var exit, var reason, var message) ->
          status
              .setStartedAt(startedAt.map(CriTranslation::nanos).orElse(0L))
              .setFinishedAt(nanos(at))
              .setExitCode(exit.code())
              .setReason(reason)
              .setMessage(message);
    }
    return status.build();
  }

  static ContainerMetadata metadata(ContainerSpec spec) {
    return ContainerMetadata.newBuilder()
        .setName(spec.name().name())
        .setAttempt(spec.name().attempt())
        .build();
  }

  static dev.beagle.cri.v1.ContainerState state(ContainerState state) {
    return switch (state) {
      case ContainerState.Created() -> dev.beagle.cri.v1.ContainerState.CONTAINER_CREATED;
      case ContainerState.Running _ -> dev.beagle.cri.v1.ContainerState.CONTAINER_RUNNING;
      case ContainerState.Exited _ -> dev.beagle.cri.v1.ContainerState.CONTAINER_EXITED;
    };
  }

  /** A kubelet asks by id and shows this to people: the image's first name, while it has one. */
  private static String imageName(ContainerSpec spec, Optional<NodeImage> image) {
    return image.flatMap(found -> found.tags().stream().findFirst()).orElse(spec.imageName());
  }

  /** Never empty, also when the image was removed meanwhile. */
  private static String imageRef(ContainerSpec spec, Optional<NodeImage> image) {
    return image.flatMap(found -> found.digests().stream().findFirst()).orElse(spec.imageId());
  }

  private static Mount mount(FolderMount mount) {
    return Mount.newBuilder()
        .setContainerPath(mount.containerPath())
        .setHostPath(mount.hostPath())
        .setReadonly(mount.readOnly())
        .setRecursiveReadOnly(mount.recursiveReadOnly())
        .setPropagation(
            switch (mount.propagation()) {
              case PRIVATE -> MountPropagation.PROPAGATION_PRIVATE;
              case HOST_TO_CONTAINER -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
              case BIDIRECTIONAL -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
            })
        .build();
  }

  private static LinuxContainerResources resources(ResourceSpec resources) {
    return LinuxContainerResources.newBuilder()
        .setCpuPeriod(resources.cpuPeriod())
        .setCpuQuota(resources.cpuQuota())
        .setCpuShares(resources.cpuShares())
        .setMemoryLimitInBytes(resources.memoryLimitBytes())
        .setMemorySwapLimitInBytes(resources.memorySwapLimitBytes())
        .setOomScoreAdj(resources.oomScoreAdj())
        .setCpusetCpus(resources.cpusetCpus())
        .setCpusetMems(resources.cpusetMems())
        .putAllUnified(resources.unified())
        .build();
  }

  private static ContainerUser user(ResolvedProcess process) {
    return ContainerUser.newBuilder()
        .setLinux(
            LinuxContainerUser.newBuilder()
                .setUid(process.uid())
                .setGid(process.gid())
                .addAllSupplementalGroups(process.additionalGroups()))
        .build();
  }
}
