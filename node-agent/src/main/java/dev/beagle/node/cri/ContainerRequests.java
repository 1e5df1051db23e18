package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.HugepageLimit;
import dev.beagle.cri.v1.KeyValue;
import dev.beagle.cri.v1.LinuxContainerResources;
import dev.beagle.cri.v1.Mount;
import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerName;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.EnvironmentVariable;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.Sandbox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** CreateContainer requests as specs of the core. */
final class ContainerRequests {
  private static final String RESOURCES = "config.linux.resources.";

  private ContainerRequests() {}

  /** A request that passed the table of fields, and the name and image it must have. */
  static void check(CreateContainerRequest request) {
    CriFields.CREATE_CONTAINER.check(request);
    if (!request.getConfig().hasMetadata()) {
      throw Fields.refused("config.metadata", "is missing");
    }
    Fields.required("config.metadata.name", request.getConfig().getMetadata().getName());
    Fields.required("config.image.image", request.getConfig().getImage().getImage());
  }

  /**
   * Translates a request that {@link #check} let pass.
   *
   * @param imageId the id of the image it names
   * @throws Failure INVALID_ARGUMENT for what cannot be honoured, by field path
   */
  static ContainerSpec spec(
      CreateContainerRequest request, Sandbox sandbox, String imageId, boolean recursiveReadOnly) {
    ContainerConfig config = request.getConfig();
    return new ContainerSpec(
        new ContainerName(config.getMetadata().getName(), config.getMetadata().getAttempt()),
        imageId,
        config.getImage().getImage(),
        config.getCommandList(),
        config.getArgsList(),
        environment(config),
        Fields.absoluteOrEmpty("config.working_dir", config.getWorkingDir()),
        mounts(config, recursiveReadOnly),
        config.getLabelsMap(),
        config.getAnnotationsMap(),
        logPath(config.getLogPath()),
        config.getStdin(),
        config.getStdinOnce(),
        config.getTty(),
        CriSignals.name(config.getStopSignal()),
        SecurityRequests.spec(config.getLinux().getSecurityContext(), sandbox),
        resources(config.getLinux().getResources()));
  }

  private static List<EnvironmentVariable> environment(ContainerConfig config) {
    List<EnvironmentVariable> variables = new ArrayList<>(config.getEnvsCount());
    for (int index = 0; index < config.getEnvsCount(); index++) {
      KeyValue variable = config.getEnvs(index);
      String path = "config.envs[" + index + "]";
      if (variable.getKey().isEmpty() || variable.getKey().indexOf('=') >= 0) {
        throw Fields.refused(path + ".key", "\"" + variable.getKey() + "\" is not a name");
      }
      variables.add(
          new EnvironmentVariable(variable.getKey(), text(path + ".value", variable.getValue())));
    }
    return variables;
  }

  private static String text(String path, ByteString value) {
    if (!value.isValidUtf8()) {
      throw Fields.refused(path, "is not UTF-8; encode it, for instance as base64");
    }
    String text = value.toString(UTF_8);
    if (text.indexOf('\0') >= 0) {
      throw Fields.refused(path, "contains a NUL character");
    }
    return text;
  }

  private static String logPath(String path) {
    if (path.startsWith("/") || Arrays.asList(path.split("/", -1)).contains("..")) {
      throw Fields.refused("config.log_path", "\"" + path + "\" leads out of the log directory");
    }
    return path;
  }

  private static List<FolderMount> mounts(ContainerConfig config, boolean recursiveReadOnly) {
    List<FolderMount> mounts = new ArrayList<>(config.getMountsCount());
    for (int index = 0; index < config.getMountsCount(); index++) {
      String path = "config.mounts[" + index + "]";
      mounts.add(mount(path, config.getMounts(index), recursiveReadOnly));
    }
    return mounts;
  }

  private static FolderMount mount(String path, Mount mount, boolean recursiveReadOnly) {
    Propagation propagation =
        switch (mount.getPropagation()) {
          case PROPAGATION_PRIVATE -> Propagation.PRIVATE;
          case PROPAGATION_HOST_TO_CONTAINER -> Propagation.HOST_TO_CONTAINER;
          case PROPAGATION_BIDIRECTIONAL -> Propagation.BIDIRECTIONAL;
          case UNRECOGNIZED -> throw Fields.refused(path + ".propagation", "unknown value");
        };
    if (mount.getRecursiveReadOnly()) {
      String field = path + ".recursive_read_only";
      if (!recursiveReadOnly) {
        throw Fields.refused(field, "cannot be done on this node; use readonly alone");
      }
      if (!mount.getReadonly() || propagation != Propagation.PRIVATE) {
        throw Fields.refused(field, "needs readonly and PROPAGATION_PRIVATE");
      }
    }
    return new FolderMount(
        Fields.absolute(path + ".container_path", mount.getContainerPath()),
        Fields.absolute(path + ".host_path", mount.getHostPath()),
        mount.getReadonly(),
        mount.getRecursiveReadOnly(),
        propagation);
  }

  private static ResourceSpec resources(LinuxContainerResources resources) {
    for (HugepageLimit limit : resources.getHugepageLimitsList()) {
      if (limit.getLimit() != 0) {
        throw Fields.refused(
            RESOURCES + "hugepage_limits",
            limit.getPageSize() + " pages cannot be granted; leave them out");
      }
    }
    Fields.between(RESOURCES + "cpu_period", resources.getCpuPeriod(), 0, 1_000_000);
    Fields.between(RESOURCES + "cpu_quota", resources.getCpuQuota(), -1, Long.MAX_VALUE);
    Fields.between(RESOURCES + "cpu_shares", resources.getCpuShares(), 0, 262_144);
    Fields.between(
        RESOURCES + "memory_limit_in_bytes", resources.getMemoryLimitInBytes(), 0, Long.MAX_VALUE);
    Fields.between(
        RESOURCES + "memory_swap_limit_in_bytes",
        resources.getMemorySwapLimitInBytes(),
        -1,
        Long.MAX_VALUE);
    Fields.between(RESOURCES + "oom_score_adj", resources.getOomScoreAdj(), -1000, 1000);
    return new ResourceSpec(
        resources.getCpuPeriod(),
        resources.getCpuQuota(),
        resources.getCpuShares(),
        resources.getMemoryLimitInBytes(),
        resources.getMemorySwapLimitInBytes(),
        resources.getOomScoreAdj(),
        resources.getCpusetCpus(),
        resources.getCpusetMems(),
        resources.getUnifiedMap());
  }
}
