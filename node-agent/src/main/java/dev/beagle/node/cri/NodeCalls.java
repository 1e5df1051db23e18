package dev.beagle.node.cri;

import dev.beagle.cri.v1.CgroupDriver;
import dev.beagle.cri.v1.LinuxRuntimeConfiguration;
import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.RuntimeConfigResponse;
import dev.beagle.cri.v1.RuntimeFeatures;
import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.RuntimeHandlerFeatures;
import dev.beagle.cri.v1.RuntimeStatus;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.UpdateRuntimeConfigRequest;
import dev.beagle.cri.v1.UpdateRuntimeConfigResponse;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.PodRuntime;
import dev.beagle.runtime.pod.SandboxKindStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls about the node: who serves here and what can be run. Thread-safe. */
final class NodeCalls {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCalls.class);

  /** What kubelet calls its runtime API; it accepts no other. */
  private static final String KUBELET_API_VERSION = "0.1.0";

  private static final String CRI_VERSION = "v1";

  /** Part of every container id that Kubernetes shows and keeps: never changes. */
  private static final String RUNTIME_NAME = "beagle";

  private final CriNode node;
  private final PodRuntime runtime;
  private final PodNetworks networks;
  private final NodeHealth health;

  NodeCalls(CriNode node, PodRuntime runtime, PodNetworks networks, NodeHealth health) {
    this.health = health;
    this.node = node;
    this.runtime = runtime;
    this.networks = networks;
  }

  VersionResponse version() {
    return VersionResponse.newBuilder()
        .setVersion(KUBELET_API_VERSION)
        .setRuntimeName(RUNTIME_NAME)
        .setRuntimeVersion(node.version())
        .setRuntimeApiVersion(CRI_VERSION)
        .build();
  }

  StatusResponse status(StatusRequest request) {
    List<SandboxKindStatus> kinds = runtime.kinds();
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setStatus(
                RuntimeStatus.newBuilder()
                    .addConditions(
                        condition("RuntimeReady", "SandboxKindUnusable", runtimeProblem(kinds)))
                    .addConditions(
                        condition("NetworkReady", "NetworkPluginNotReady", networks.problem())))
            .setFeatures(RuntimeFeatures.newBuilder().setSupplementalGroupsPolicy(true));
    kinds.stream()
        .findFirst()
        .filter(SandboxKindStatus::usable)
        .ifPresent(_ -> response.addRuntimeHandlers(handler("")));
    kinds.stream()
        .filter(SandboxKindStatus::usable)
        .forEach(kind -> response.addRuntimeHandlers(handler(kind.name())));
    if (request.getVerbose()) {
      response.putInfo("config", VerboseInfo.json(config()));
      response.putInfo("sandboxKinds", VerboseInfo.json(problems(kinds)));
      response.putInfo("problems", health.json());
    }
    return response.build();
  }

  private static String runtimeProblem(List<SandboxKindStatus> kinds) {
    return kinds.isEmpty() ? "this node has no sandbox kind" : kinds.getFirst().problem();
  }

  private static RuntimeCondition condition(String type, String reason, String problem) {
    RuntimeCondition.Builder condition =
        RuntimeCondition.newBuilder().setType(type).setStatus(problem.isEmpty());
    if (!problem.isEmpty()) {
      condition.setReason(reason).setMessage(problem);
    }
    return condition.build();
  }

  private RuntimeHandler handler(String name) {
    return RuntimeHandler.newBuilder()
        .setName(name)
        .setFeatures(
            RuntimeHandlerFeatures.newBuilder()
                .setRecursiveReadOnlyMounts(node.recursiveReadOnlyMounts()))
        .build();
  }

  private Map<String, String> config() {
    Map<String, String> config = new LinkedHashMap<>();
    config.put("rootDir", node.root().toString());
    config.put("stateDir", node.run().toString());
    config.put("version", node.version());
    return config;
  }

  private static Map<String, String> problems(List<SandboxKindStatus> kinds) {
    Map<String, String> problems = new LinkedHashMap<>();
    kinds.forEach(kind -> problems.put(kind.name(), kind.usable() ? "usable" : kind.problem()));
    return problems;
  }

  /** Sandboxes are given cgroups by folder, as kubelet then names them too. */
  RuntimeConfigResponse runtimeConfig() {
    return RuntimeConfigResponse.newBuilder()
        .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(CgroupDriver.CGROUPFS))
        .build();
  }

  /** The pods' addresses are this node's own configuration; what the cluster says is noted. */
  UpdateRuntimeConfigResponse updateRuntimeConfig(UpdateRuntimeConfigRequest request) {
    LOG.atInfo()
        .addKeyValue("podCidr", request.getRuntimeConfig().getNetworkConfig().getPodCidr())
        .log("the cluster announced the node's pod CIDR");
    return UpdateRuntimeConfigResponse.getDefaultInstance();
  }
}
