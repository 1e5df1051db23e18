package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.CgroupDriver;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.NetworkConfig;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.RuntimeConfig;
import dev.beagle.cri.v1.RuntimeConfigRequest;
import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.UpdateRuntimeConfigRequest;
import dev.beagle.cri.v1.UpdateRuntimeConfigResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.runtime.pod.SandboxKindStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

final class NodeCallsTest {
  @AutoClose private final CriWorld world = CriWorld.open();

  @Test
  void versionIsWhatKubeletAccepts() {
    VersionResponse version = world.runtime.version(VersionRequest.getDefaultInstance());

    assertThat(version.getVersion()).isEqualTo("0.1.0");
    assertThat(version.getRuntimeName()).isEqualTo("beagle");
    assertThat(version.getRuntimeVersion()).isEqualTo("0.1.0");
    assertThat(version.getRuntimeApiVersion()).isEqualTo("v1");
  }

  @Test
  void aHealthyNodeIsReadyAndOffersItsUsableKinds() {
    StatusResponse response = status(false);

    assertThat(response.getStatus().getConditionsList())
        .extracting(RuntimeCondition::getType)
        .containsExactly("RuntimeReady", "NetworkReady");
    assertThat(response.getStatus().getConditionsList()).allMatch(RuntimeCondition::getStatus);
    assertThat(response.getRuntimeHandlersList())
        .extracting(RuntimeHandler::getName)
        .containsExactly("", "namespaces");
    assertThat(response.getRuntimeHandlersList())
        .allMatch(handler -> handler.getFeatures().getRecursiveReadOnlyMounts())
        .noneMatch(handler -> handler.getFeatures().getUserNamespaces());
    assertThat(response.getFeatures().getSupplementalGroupsPolicy()).isTrue();
    assertThat(response.getInfoMap()).isEmpty();
  }

  @Test
  void whatIsMissingIsSaid() {
    world.networks.problem = "the switch does not answer";
    world.pods.kinds = List.of(new SandboxKindStatus("hvf", "needs macOS on Apple silicon"));

    StatusResponse response = status(false);

    assertThat(response.getStatus().getConditionsList())
        .containsExactly(
            RuntimeCondition.newBuilder()
                .setType("RuntimeReady")
                .setReason("SandboxKindUnusable")
                .setMessage("needs macOS on Apple silicon")
                .build(),
            RuntimeCondition.newBuilder()
                .setType("NetworkReady")
                .setReason("NetworkPluginNotReady")
                .setMessage("the switch does not answer")
                .build());
    assertThat(response.getRuntimeHandlersList()).isEmpty();
  }

  @Test
  void verboseStatusTellsTheFoldersAsJson() {
    StatusResponse response = status(true);

    var config = JsonMapper.shared().readTree(response.getInfoOrThrow("config"));
    assertThat(config.get("stateDir").asString())
        .isEqualTo(String.valueOf(world.socket.getParent()));
    assertThat(config.get("rootDir").asString()).isEqualTo(world.root.toString());
    var kinds = JsonMapper.shared().readTree(response.getInfoOrThrow("sandboxKinds"));
    assertThat(kinds.get("hvf").asString()).isEqualTo("needs macOS on Apple silicon");
  }

  @Test
  void anOperatorIsToldWhatAKubeletNeedNotDrainTheNodeFor() {
    String silent = world.runningContainer("silent");
    fallSilent(silent);
    String hidden = hiddenContainerThatIsSilent();
    world.hostInterfaceProblem = Optional.of("no answer in PT2S");
    world.undeletedFiles = Map.of(Path.of("/var/lib/beagle/trash/17ab"), "Input/output error");
    world.damagedRecords = List.of(Path.of("/run/beagle/sandboxes/4f2a/sandbox.json.damaged"));

    StatusResponse response = status(true);

    assertThat(response.getStatus().getConditionsList()).allMatch(RuntimeCondition::getStatus);
    var problems = JsonMapper.shared().readTree(response.getInfoOrThrow("problems"));
    assertThat(problems.valueStream())
        .extracting(problem -> problem.get("reason").asString())
        .containsExactly(
            "DiskFailed", "HostInterfaceSilent", "AgentSilent", "FilesUndeleted", "RecordDamaged");
    assertThat(problems.get(0).get("message").asString()).contains(world.root.toString());
    assertThat(problems.get(1).get("message").asString()).contains("dialled", "no answer in PT2S");
    assertThat(problems.get(2).get("message").asString())
        .startsWith("the agent of pod default/pod-silent (")
        .endsWith(") does not answer: no answer in PT2S; remove the pod to end it");
    assertThat(problems.get(3).get("message").asString())
        .contains("/var/lib/beagle/trash/17ab", "Input/output error");
    assertThat(problems.get(4).get("message").asString())
        .contains("/run/beagle/sandboxes/4f2a/sandbox.json.damaged");
    assertThat(problems.toString()).doesNotContain(hidden, "hidden");
  }

  /** Of the command line: not for a CRI client. */
  private String hiddenContainerThatIsSilent() {
    RuntimeServiceBlockingStub commandLine = world.runtimeAs("cli");
    String pod =
        commandLine
            .runPodSandbox(
                RunPodSandboxRequest.newBuilder()
                    .setConfig(CriWorld.sandboxConfig("hidden").build())
                    .build())
            .getPodSandboxId();
    world.images.add(SimulatedImages.busybox(""));
    String container =
        commandLine
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(pod)
                    .setConfig(CriWorld.containerConfig("hidden").build())
                    .build())
            .getContainerId();
    var _ =
        commandLine.startContainer(
            StartContainerRequest.newBuilder().setContainerId(container).build());
    fallSilent(container);
    return pod.substring(0, 12);
  }

  private void fallSilent(String container) {
    world.pods.container(container).sandbox().fallSilent();
  }

  @ParameterizedTest
  @CsvSource({
    "49, 1000, true",
    "50, 1000, false",
    "9999, 10000000, true",
    "10000, 10000000, false",
    "0, 0, false"
  })
  void aDiskIsFullWithoutInodesToo(long free, long total, boolean full) {
    assertThat(NodeHealth.hasFewInodes(free, total)).isEqualTo(full);
  }

  /** Whether or not anything of it runs. */
  @Test
  void aPodWithoutContainersWhoseAgentHangsIsNamed() {
    String pod =
        world
            .runtime
            .runPodSandbox(
                RunPodSandboxRequest.newBuilder()
                    .setConfig(CriWorld.sandboxConfig("empty").build())
                    .build())
            .getPodSandboxId();
    world.pods.sandbox(pod).fallSilent();
    assertThat(status(true).getInfoOrThrow("problems")).contains("AgentSilent", "default/empty");
    world.pods.sandbox(pod).lose("its agent died");
    assertThat(status(true).getInfoOrThrow("problems")).doesNotContain("AgentSilent");
  }

  @ParameterizedTest
  @CsvSource({
    "499, 10000, true",
    "500, 10000, false",
    "1000000000, 1000000000000, true",
    "2000000000, 1000000000000, false"
  })
  void aDiskIsFullBelowATwentiethOrAGibibyte(long free, long total, boolean full) {
    assertThat(NodeHealth.isFull(free, total)).isEqualTo(full);
  }

  @Test
  void kubeletIsToldToNameCgroupsByFolder() {
    assertThat(
            world
                .runtime
                .runtimeConfig(RuntimeConfigRequest.getDefaultInstance())
                .getLinux()
                .getCgroupDriver())
        .isEqualTo(CgroupDriver.CGROUPFS);
  }

  @Test
  void thePodCidrIsTakenNoteOf() {
    RuntimeConfig config =
        RuntimeConfig.newBuilder()
            .setNetworkConfig(NetworkConfig.newBuilder().setPodCidr("10.88.0.0/16"))
            .build();

    assertThat(
            world.runtime.updateRuntimeConfig(
                UpdateRuntimeConfigRequest.newBuilder().setRuntimeConfig(config).build()))
        .isEqualTo(UpdateRuntimeConfigResponse.getDefaultInstance());
  }

  private StatusResponse status(boolean verbose) {
    return world.runtime.status(StatusRequest.newBuilder().setVerbose(verbose).build());
  }
}
