package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.DNSConfig;
import dev.beagle.cri.v1.LinuxPodSandboxConfig;
import dev.beagle.cri.v1.LinuxSandboxSecurityContext;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.NamespaceMode;
import dev.beagle.cri.v1.NamespaceOption;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.PodSandboxFilter;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStateValue;
import dev.beagle.cri.v1.PodSandboxStatus;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PodSandboxStatusResponse;
import dev.beagle.cri.v1.PortMapping;
import dev.beagle.cri.v1.Protocol;
import dev.beagle.cri.v1.RemovePodSandboxRequest;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.SecurityProfile;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.cri.v1.UserNamespace;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.pod.DnsConfig;
import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.SandboxSpec;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

final class SandboxCallsTest {
  @AutoClose private final CriWorld world = CriWorld.open();

  @Test
  void everythingThatIsHonouredReachesTheCore() {
    PodSandboxConfig.Builder config =
        CriWorld.sandboxConfig("web")
            .setHostname("web-0")
            .setLogDirectory("/var/log/pods/web")
            .setDnsConfig(
                DNSConfig.newBuilder()
                    .addServers("10.96.0.10")
                    .addSearches("svc.cluster.local")
                    .addOptions("ndots:5"))
            .addPortMappings(mapping(Protocol.TCP, 80, 8080).setHostIp("127.0.0.1"))
            .addPortMappings(mapping(Protocol.UDP, 53, 5353))
            .addPortMappings(mapping(Protocol.TCP, 9090, 0))
            .putLabels("app", "web")
            .putAnnotations("note", "x");
    config
        .getLinuxBuilder()
        .setCgroupParent("/kubepods/pod1")
        .putSysctls("net.core.somaxconn", "1024")
        .putSysctls("kernel.shm_rmid_forced", "1")
        .setSecurityContext(
            LinuxSandboxSecurityContext.newBuilder()
                .setPrivileged(true)
                .setNamespaceOptions(namespaces(NamespaceMode.POD, NamespaceMode.CONTAINER))
                .setSeccomp(SecurityProfile.getDefaultInstance()));

    SandboxSpec spec = world.pods.sandbox(world.runSandbox(config.build())).spec();

    assertThat(spec.owner()).isEqualTo(Owner.CRI);
    assertThat(spec.name()).hasToString("web_default_uid-web_2");
    assertThat(spec.kind()).isEmpty();
    assertThat(spec.hostname()).isEqualTo("web-0");
    assertThat(spec.dns())
        .contains(
            new DnsConfig(List.of("10.96.0.10"), List.of("svc.cluster.local"), List.of("ndots:5")));
    assertThat(spec.ports())
        .containsExactly(
            new dev.beagle.runtime.pod.PortMapping(
                dev.beagle.runtime.pod.PortMapping.Protocol.TCP, 80, 8080, "127.0.0.1"),
            new dev.beagle.runtime.pod.PortMapping(
                dev.beagle.runtime.pod.PortMapping.Protocol.UDP, 53, 5353, ""));
    assertThat(spec.network()).isEqualTo(dev.beagle.runtime.pod.NamespaceMode.POD);
    assertThat(spec.pid()).isEqualTo(dev.beagle.runtime.pod.NamespaceMode.CONTAINER);
    assertThat(spec.labels()).containsExactly(Map.entry("app", "web"));
    assertThat(spec.annotations()).containsExactly(Map.entry("note", "x"));
    assertThat(spec.logDirectory()).isEqualTo("/var/log/pods/web");
    assertThat(spec.cgroupParent()).isEqualTo("/kubepods/pod1");
    assertThat(spec.sysctls()).hasSize(2);
    assertThat(spec.privileged()).isTrue();
  }

  @Test
  void withTheHostsNetworkThereIsNoNameAndNothingToMap() {
    PodSandboxConfig.Builder config =
        CriWorld.sandboxConfig("host")
            .setHostname("ignored")
            .addPortMappings(mapping(Protocol.TCP, 80, 80));
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(namespaces(NamespaceMode.NODE, NamespaceMode.NODE));

    String id = world.runSandbox(config.build());

    assertThat(world.pods.sandbox(id).spec().hostname()).isEmpty();
    assertThat(world.pods.sandbox(id).spec().ports()).isEmpty();
    assertThat(world.pods.sandbox(id).spec().dns()).isEqualTo(Optional.empty());
    PodSandboxStatus status = status(id).getStatus();
    assertThat(status.getNetwork().getIp()).isEmpty();
    assertThat(status.getLinux().getNamespaces().getOptions().getNetwork())
        .isEqualTo(NamespaceMode.NODE);
  }

  @Test
  void statusHasAllThatKubeletReads() {
    String id = world.runSandbox(CriWorld.sandboxConfig("web").putLabels("a", "b").build());

    PodSandboxStatusResponse response = status(id);

    PodSandboxStatus status = response.getStatus();
    assertThat(status.getId()).isEqualTo(id);
    assertThat(status.getMetadata()).isEqualTo(CriWorld.sandboxConfig("web").getMetadata());
    assertThat(status.getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(status.getCreatedAt()).isEqualTo(1_767_225_601_000_000_000L);
    assertThat(status.getNetwork().getIp()).startsWith("10.88.");
    assertThat(status.getNetwork().getAdditionalIps(0).getIp()).startsWith("fd00:");
    assertThat(status.getLabelsMap()).containsExactly(Map.entry("a", "b"));
    assertThat(response.getInfoMap()).isEmpty();
    assertThat(response.getTimestamp()).isZero();
  }

  @Test
  void verboseStatusIsJson() {
    String id = world.runSandbox("web");
    world.pods.sandbox(id).lose("the agent died");

    PodSandboxStatusResponse response =
        world.runtime.podSandboxStatus(
            PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).setVerbose(true).build());

    var info = JsonMapper.shared().readTree(response.getInfoOrThrow("info"));
    assertThat(info.get("sandboxID").asString()).isEqualTo(id);
    assertThat(info.get("runtimeType").asString()).isEqualTo("namespaces");
    assertThat(info.get("reason").asString()).isEqualTo("the agent died");
    assertThat(info.get("config").get("network").asString()).isEqualTo("POD");
  }

  @Test
  void aSandboxThatIsLostIsNotReadyAndHasNoAddress() {
    String id = world.runSandbox("web");
    world.pods.sandbox(id).lose("the agent died");

    assertThat(status(id).getStatus().getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    assertThat(status(id).getStatus().getNetwork().getIp()).isEmpty();
  }

  @Test
  void aRepeatedRunOfTheSameNameAndAttemptReturnsTheSameId() {
    assertThat(world.runSandbox("web")).isEqualTo(world.runSandbox("web"));
    assertThat(world.runSandbox("web")).isNotEqualTo(world.runSandbox("db"));
  }

  @Test
  void aUniqueBeginningOfAnIdWillDo() {
    String id = world.runSandbox("web");

    assertThat(status(id.substring(0, 12)).getStatus().getId()).isEqualTo(id);
  }

  @Test
  void anAmbiguousOrEmptyIdIsRefusedEvenWhereUnknownOnesAreFine() {
    for (int pod = 0; pod < 17; pod++) {
      world.runSandbox("web-" + pod);
    }
    // Of 17 ids two share their first digit.
    String ambiguous =
        list("").stream()
            .map(sandbox -> sandbox.getId().substring(0, 1))
            .filter(digit -> list(digit).size() > 1)
            .findFirst()
            .orElseThrow();

    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "more than one", () -> status(ambiguous));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "more than one", () -> stop(ambiguous));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "empty", () -> remove(""));
  }

  @Test
  void unknownIdsAreNotFoundByStatusAndFineForStopAndRemove() {
    CriWorld.assertFails(
        Status.Code.NOT_FOUND, "sandbox nowhere not found", () -> status("nowhere"));
    stop("nowhere");
    remove("nowhere");
  }

  @Test
  void stopAndRemoveCanBeRepeated() {
    String id = world.runSandbox("web");

    stop(id);
    stop(id);
    assertThat(status(id).getStatus().getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    assertThat(list("")).hasSize(1);

    remove(id);
    remove(id);
    assertThat(list("")).isEmpty();
    CriWorld.assertFails(Status.Code.NOT_FOUND, id, () -> status(id));
  }

  @Test
  void removalTakesARunningPodWithItsContainers() {
    String container = world.runningContainer("web");
    String id = world.pods.container(container).sandboxId().value();

    remove(id);

    assertThat(world.pods.sandboxes()).isEmpty();
    assertThat(world.pods.containers()).isEmpty();
  }

  @Test
  void listsAreFiltered() {
    String web = world.runSandbox(CriWorld.sandboxConfig("web").putLabels("app", "web").build());
    String database = world.runSandbox("db");
    stop(database);

    assertThat(list("")).extracting(PodSandbox::getId).containsExactlyInAnyOrder(web, database);
    assertThat(list(web.substring(0, 20))).extracting(PodSandbox::getId).containsExactly(web);
    assertThat(list("nothing")).isEmpty();
    assertThat(
            list(
                PodSandboxFilter.newBuilder()
                    .setState(
                        PodSandboxStateValue.newBuilder()
                            .setState(PodSandboxState.SANDBOX_NOTREADY))
                    .build()))
        .extracting(PodSandbox::getId)
        .containsExactly(database);
    PodSandbox listed =
        list(PodSandboxFilter.newBuilder().putLabelSelector("app", "web").build()).getFirst();
    assertThat(listed.getId()).isEqualTo(web);
    assertThat(listed.getMetadata()).isEqualTo(CriWorld.sandboxConfig("web").getMetadata());
    assertThat(listed.getCreatedAt()).isPositive();
    assertThat(listed.getLabelsMap()).containsExactly(Map.entry("app", "web"));
  }

  @Test
  void podsOfOtherClientsAndPodsThatAreBeingMadeDoNotExistHere() {
    String ours = world.runSandbox("web");
    SandboxSpec spec = world.pods.sandbox(ours).spec();
    var docker = world.pods.runSandbox(SandboxSpecs.withOwner(spec, Owner.DOCKER));
    var starting = world.pods.add(SandboxSpecs.withOwner(spec, Owner.CRI));

    assertThat(list("")).extracting(PodSandbox::getId).containsExactly(ours);
    CriWorld.assertFails(Status.Code.NOT_FOUND, "not found", () -> status(docker.id().value()));
    CriWorld.assertFails(Status.Code.NOT_FOUND, "not found", () -> status(starting.id().value()));
    remove(docker.id().value());
    assertThat(world.pods.findSandbox(docker.id())).isPresent();
  }

  @Test
  void podsOfTheCommandLineExistForItOnlyAndItSeesAll() {
    String ours = world.runSandbox("web");
    var commandLine = world.runtimeAs("cli");
    String made =
        commandLine
            .runPodSandbox(
                RunPodSandboxRequest.newBuilder()
                    .setConfig(CriWorld.sandboxConfig("shell").build())
                    .build())
            .getPodSandboxId();

    assertThat(world.pods.sandbox(made).spec().owner()).isEqualTo(Owner.CLI);
    assertThat(list("")).extracting(PodSandbox::getId).containsExactly(ours);
    CriWorld.assertFails(Status.Code.NOT_FOUND, "not found", () -> status(made));
    remove(made);
    assertThat(
            commandLine.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList())
        .extracting(PodSandbox::getId)
        .containsExactlyInAnyOrder(ours, made);
    var _ =
        commandLine.removePodSandbox(
            RemovePodSandboxRequest.newBuilder().setPodSandboxId(ours).build());
    assertThat(list("")).isEmpty();
  }

  @Test
  void aClientThatNobodyKnowsIsRefused() {
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "metadata beagle-client: only \"cli\" is known",
        () ->
            world.runtimeAs("kubelet").listPodSandbox(ListPodSandboxRequest.getDefaultInstance()));
  }

  @Test
  void aHostPortThatAnotherPodHasIsSaidWithThatPodsName() {
    String other = world.runSandbox("web");
    world.pods.nextFailure = portTakenBy(other);

    CriWorld.assertFails(
        Status.Code.ALREADY_EXISTS,
        "host port 0.0.0.0:80/tcp is taken by pod default/web;"
            + " choose another port, or remove that pod ("
            + other.substring(0, 12)
            + ")",
        () -> world.runSandbox("second"));
  }

  @Test
  void aHostPortOfAPodThatTheClientDoesNotSeeTellsNothingOfThatPod() {
    SandboxSpec spec = world.pods.sandbox(world.runSandbox("web")).spec();
    String hidden = world.pods.runSandbox(SandboxSpecs.withOwner(spec, Owner.CLI)).id().value();
    world.pods.nextFailure = portTakenBy(hidden);

    Status status = CriWorld.statusOf(() -> world.runSandbox("second"));

    assertThat(status.getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(status.getDescription())
        .isEqualTo(
            "host port 0.0.0.0:80/tcp is taken by a pod of another client of this node;"
                + " choose another port");
  }

  private static Failure portTakenBy(String id) {
    return Failure.alreadyExists("host port 0.0.0.0:80/tcp is taken")
        .with(new FailureDetail.HeldBy(id));
  }

  @Test
  void kindsAreChosenByNameAndNeverReplaced() {
    String id = run(CriWorld.sandboxConfig("web").build(), "namespaces");

    assertThat(status(id).getStatus().getRuntimeHandler()).isEqualTo("namespaces");
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "runtime_handler: hvf cannot run here: needs macOS",
        () -> run(CriWorld.sandboxConfig("mac").build(), "hvf"));
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "\"runc\" is not one of [namespaces, hvf]",
        () -> run(CriWorld.sandboxConfig("runc").build(), "runc"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"name", "namespace", "uid"})
  void metadataIsRequired(String part) {
    PodSandboxConfig.Builder config = CriWorld.sandboxConfig("web");
    var metadata = config.getMetadataBuilder();
    metadata.clearField(metadata.getDescriptorForType().findFieldByName(part));

    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "config.metadata." + part + ": is missing",
        () -> world.runSandbox(config.build()));
  }

  @Test
  void valuesThatCannotBeHonouredAreRefusedByPath() {
    assertRefused("config.hostname", config -> config.setHostname("x".repeat(65)));
    assertRefused("config.log_directory", config -> config.setLogDirectory("logs"));
    assertRefused(
        "config.dns_config.servers",
        config -> config.setDnsConfig(DNSConfig.newBuilder().addServers("1.1.1.1\nsearch evil")));
    assertRefused(
        "config.port_mappings[0].protocol",
        config -> config.addPortMappings(mapping(Protocol.SCTP, 80, 80)));
    assertRefused(
        "config.port_mappings[1].host_port",
        config ->
            config
                .addPortMappings(mapping(Protocol.TCP, 80, 80))
                .addPortMappings(mapping(Protocol.TCP, 80, 70_000)));
    assertRefused(
        "config.port_mappings[0].host_ip",
        config -> config.addPortMappings(mapping(Protocol.TCP, 80, 80).setHostIp("localhost")));
    assertRefused(
        "namespace_options.network",
        config -> config.setLinux(linux(namespaces(NamespaceMode.CONTAINER, NamespaceMode.POD))));
    assertRefused(
        "namespace_options.pid",
        config -> config.setLinux(linux(namespaces(NamespaceMode.POD, NamespaceMode.TARGET))));
    assertRefused(
        "userns_options.mode",
        config ->
            config.setLinux(
                linux(
                    namespaces(NamespaceMode.POD, NamespaceMode.POD)
                        .setUsernsOptions(UserNamespace.getDefaultInstance()))));
  }

  @Test
  void anExplicitLackOfUserNamespacesIsFine() {
    PodSandboxConfig config =
        CriWorld.sandboxConfig("web")
            .setLinux(
                linux(
                    namespaces(NamespaceMode.POD, NamespaceMode.POD)
                        .setUsernsOptions(UserNamespace.newBuilder().setMode(NamespaceMode.NODE))))
            .build();

    assertThat(world.runSandbox(config)).hasSize(64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel.panic", "vm.swappiness", "net", "net/../kernel.panic", "net. x"})
  void sysctlsOfTheWholeNodeAreRefused(String name) {
    assertRefused(
        "config.linux.sysctls[" + name + "]",
        config -> config.getLinuxBuilder().putSysctls(name, "1"));
  }

  @Test
  void sysctlsOfANamespaceThatIsTheNodesAreRefused() {
    assertRefused(
        "config.linux.sysctls[net.core.somaxconn]: would change the node",
        config ->
            config.setLinux(
                linux(namespaces(NamespaceMode.NODE, NamespaceMode.POD))
                    .putSysctls("net.core.somaxconn", "1")));
  }

  private void assertRefused(
      String text, java.util.function.Consumer<PodSandboxConfig.Builder> change) {
    PodSandboxConfig.Builder config = CriWorld.sandboxConfig("refused");
    change.accept(config);
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT, text, () -> world.runSandbox(config.build()));
    assertThat(world.pods.sandboxes()).isEmpty();
  }

  private static PortMapping.Builder mapping(Protocol protocol, int container, int host) {
    return PortMapping.newBuilder()
        .setProtocol(protocol)
        .setContainerPort(container)
        .setHostPort(host);
  }

  private static NamespaceOption.Builder namespaces(NamespaceMode network, NamespaceMode pid) {
    return NamespaceOption.newBuilder().setNetwork(network).setPid(pid);
  }

  private static LinuxPodSandboxConfig.Builder linux(NamespaceOption.Builder namespaces) {
    return LinuxPodSandboxConfig.newBuilder()
        .setSecurityContext(
            LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces));
  }

  private String run(PodSandboxConfig config, String handler) {
    return world
        .runtime
        .runPodSandbox(
            RunPodSandboxRequest.newBuilder().setConfig(config).setRuntimeHandler(handler).build())
        .getPodSandboxId();
  }

  private PodSandboxStatusResponse status(String id) {
    return world.runtime.podSandboxStatus(
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build());
  }

  private void stop(String id) {
    var _ =
        world.runtime.stopPodSandbox(
            StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  private void remove(String id) {
    var _ =
        world.runtime.removePodSandbox(
            RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  private List<PodSandbox> list(String idPrefix) {
    return list(PodSandboxFilter.newBuilder().setId(idPrefix).build());
  }

  private List<PodSandbox> list(PodSandboxFilter filter) {
    return world
        .runtime
        .listPodSandbox(ListPodSandboxRequest.newBuilder().setFilter(filter).build())
        .getItemsList();
  }
}
