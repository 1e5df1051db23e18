package dev.beagle.node.client;

import com.google.protobuf.ByteString;
import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.ContainerMetadata;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.KeyValue;
import dev.beagle.cri.v1.LinuxContainerConfig;
import dev.beagle.cri.v1.LinuxContainerSecurityContext;
import dev.beagle.cri.v1.LinuxPodSandboxConfig;
import dev.beagle.cri.v1.LinuxSandboxSecurityContext;
import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.NamespaceMode;
import dev.beagle.cri.v1.NamespaceOption;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.PodSandboxMetadata;
import dev.beagle.cri.v1.PortMapping;
import dev.beagle.cri.v1.SecurityProfile;
import dev.beagle.cri.v1.SecurityProfile.ProfileType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A pod with one container of the same name, as people ask for it. The CRI has no defaults of its
 * own (what is absent means none), so the usual confinement of containers is set here.
 *
 * @param name of pod and container; a DNS label
 * @param uid unique, for the pod's metadata
 * @param imageId as PullImage answered
 * @param imageName as the user wrote it
 * @param entrypoint replaces the image's; empty to keep it
 * @param arguments replace the image's command; empty to keep it
 * @param environment on top of the image's
 * @param workingFolder empty for the image's
 * @param logFolder absolute; the container logs to {@code NAME.log} in it
 * @param stdio what its process gets besides outputs
 */
public record PodSpec(
    String name,
    String uid,
    String imageId,
    String imageName,
    List<String> entrypoint,
    List<String> arguments,
    Map<String, String> environment,
    String workingFolder,
    List<Mount> mounts,
    List<PortMapping> ports,
    Path logFolder,
    Stdio stdio) {
  private static final String NAMESPACE = "default";

  /** What the kernel shows of the machine and a container has no use for; kubelet's list. */
  private static final List<String> MASKED_PATHS =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");

  private static final List<String> READ_ONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  public PodSpec {
    entrypoint = List.copyOf(entrypoint);
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
    mounts = List.copyOf(mounts);
    ports = List.copyOf(ports);
  }

  /**
   * What a container's process gets besides outputs.
   *
   * @param stdin kept open for who attaches; without it there is no input
   * @param stdinOnce the first who attaches ends it
   */
  public record Stdio(boolean stdin, boolean stdinOnce, boolean tty) {
    public static final Stdio NONE = new Stdio(false, false, false);
  }

  /** The sandbox's part. */
  public PodSandboxConfig sandbox() {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder().setName(name).setUid(uid).setNamespace(NAMESPACE))
        .setHostname(name)
        .setLogDirectory(logFolder.toString())
        .addAllPortMappings(ports)
        .setLinux(
            LinuxPodSandboxConfig.newBuilder()
                .setSecurityContext(
                    LinuxSandboxSecurityContext.newBuilder()
                        .setNamespaceOptions(namespaces())
                        .setSeccomp(runtimeDefault())))
        .build();
  }

  /** The container's part. */
  public ContainerConfig container() {
    ContainerConfig.Builder container =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(name))
            .setImage(ImageSpec.newBuilder().setImage(imageId).setUserSpecifiedImage(imageName))
            .addAllCommand(entrypoint)
            .addAllArgs(arguments)
            .setWorkingDir(workingFolder)
            .addAllMounts(mounts)
            .setStdin(stdio.stdin())
            .setStdinOnce(stdio.stdinOnce())
            .setTty(stdio.tty())
            .setLogPath(name + ".log")
            .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security()));
    environment.forEach((key, value) ->
        container.addEnvs(
            KeyValue.newBuilder()
                .setKey(key)
                .setValue(ByteString.copyFrom(value, StandardCharsets.UTF_8))));
    return container.build();
  }

  private static LinuxContainerSecurityContext security() {
    return LinuxContainerSecurityContext.newBuilder()
        .setNamespaceOptions(namespaces())
        .setSeccomp(runtimeDefault())
        .addAllMaskedPaths(MASKED_PATHS)
        .addAllReadonlyPaths(READ_ONLY_PATHS)
        .build();
  }

  private static NamespaceOption namespaces() {
    return NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER).build();
  }

  private static SecurityProfile runtimeDefault() {
    return SecurityProfile.newBuilder().setProfileType(ProfileType.RuntimeDefault).build();
  }
}
