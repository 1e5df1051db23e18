package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.CgroupDriver;
import dev.beagle.cri.v1.NetworkConfig;
import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.RuntimeConfig;
import dev.beagle.cri.v1.RuntimeConfigRequest;
import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.UpdateRuntimeConfigRequest;
import dev.beagle.cri.v1.UpdateRuntimeConfigResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.runtime.pod.SandboxKindStatus;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
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
    assertThat(config.get("rootDir").asString()).isEqualTo("/var/lib/beagle");
    var kinds = JsonMapper.shared().readTree(response.getInfoOrThrow("sandboxKinds"));
    assertThat(kinds.get("hvf").asString()).isEqualTo("needs macOS on Apple silicon");
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
