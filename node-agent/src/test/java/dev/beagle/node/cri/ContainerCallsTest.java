package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.beagle.cri.v1.Capability;
import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.ContainerFilter;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStateValue;
import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.cri.v1.ContainerStatusRequest;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.Int64Value;
import dev.beagle.cri.v1.KeyValue;
import dev.beagle.cri.v1.LinuxContainerResources;
import dev.beagle.cri.v1.LinuxContainerSecurityContext;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.MountPropagation;
import dev.beagle.cri.v1.RemoveContainerRequest;
import dev.beagle.cri.v1.ReopenContainerLogRequest;
import dev.beagle.cri.v1.SecurityProfile;
import dev.beagle.cri.v1.SecurityProfile.ProfileType;
import dev.beagle.cri.v1.Signal;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.cri.v1.SupplementalGroupsPolicy;
import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.EnvironmentVariable;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.Seccomp;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

final class ContainerCallsTest {
  @AutoClose private final CriWorld world = CriWorld.open();

  @Test
  void everythingThatIsHonouredReachesTheCore() {
    ContainerConfig.Builder config =
        CriWorld.containerConfig("web")
            .addCommand("/bin/httpd")
            .addArgs("-f")
            .setWorkingDir("/srv")
            .addEnvs(KeyValue.newBuilder().setKey("LANG").setValue(ByteString.copyFromUtf8("dé")))
            .addMounts(mount("/data", "/srv/data").setReadonly(true).setRecursiveReadOnly(true))
            .addMounts(
                mount("/shared", "/srv/shared")
                    .setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL)
                    .setSelinuxRelabel(true))
            .putLabels("app", "web")
            .putAnnotations("hash", "1")
            .setLogPath("web/0.log")
            .setStdin(true)
            .setStdinOnce(true)
            .setTty(true)
            .setStopSignal(Signal.SIGNAL_SIGRTMINPLUS3);
    config
        .getLinuxBuilder()
        .setResources(
            LinuxContainerResources.newBuilder()
                .setCpuPeriod(100_000)
                .setCpuQuota(50_000)
                .setCpuShares(512)
                .setMemoryLimitInBytes(64 << 20)
                .setMemorySwapLimitInBytes(64 << 20)
                .setOomScoreAdj(999)
                .setCpusetCpus("0-1")
                .setCpusetMems("0")
                .putUnified("memory.oom.group", "1"))
        .setSecurityContext(
            LinuxContainerSecurityContext.newBuilder()
                .setCapabilities(
                    Capability.newBuilder()
                        .addAddCapabilities("cap_net_admin")
                        .addDropCapabilities("ALL"))
                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                .setRunAsGroup(Int64Value.newBuilder().setValue(2000))
                .setReadonlyRootfs(true)
                .addSupplementalGroups(3000)
                .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict)
                .setNoNewPrivs(true)
                .addMaskedPaths("/proc/kcore")
                .addReadonlyPaths("/proc/sys")
                .setSeccomp(profile(ProfileType.RuntimeDefault)));

    String id = world.createContainer(world.runSandbox("pod"), config.build());

    ContainerSpec spec = world.pods.container(id).spec();
    assertThat(spec.name()).hasToString("web_1");
    assertThat(spec.imageId()).isEqualTo(SimulatedImages.BUSYBOX_ID);
    assertThat(spec.imageName()).isEqualTo("busybox");
    assertThat(spec.command()).containsExactly("/bin/httpd");
    assertThat(spec.args()).containsExactly("-f");
    assertThat(spec.workingDirectory()).isEqualTo("/srv");
    assertThat(spec.environment()).containsExactly(new EnvironmentVariable("LANG", "dé"));
    assertThat(spec.mounts())
        .containsExactly(
            new FolderMount("/data", "/srv/data", true, true, FolderMount.Propagation.PRIVATE),
            new FolderMount(
                "/shared", "/srv/shared", false, false, FolderMount.Propagation.BIDIRECTIONAL));
    assertThat(spec.labels()).containsExactly(Map.entry("app", "web"));
    assertThat(spec.annotations()).containsExactly(Map.entry("hash", "1"));
    assertThat(spec.logPath()).isEqualTo("web/0.log");
    assertThat(spec.stdin() && spec.stdinOnce() && spec.tty()).isTrue();
    assertThat(spec.stopSignal()).isEqualTo("SIGRTMIN+3");
    assertThat(spec.resources())
        .isEqualTo(
            new ResourceSpec(
                100_000,
                50_000,
                512,
                64 << 20,
                64 << 20,
                999,
                "0-1",
                "0",
                Map.of("memory.oom.group", "1")));
    var security = spec.security();
    assertThat(security.user()).isEqualTo(new Identity.Numbered(1000));
    assertThat(security.group()).isEqualTo(OptionalLong.of(2000));
    assertThat(security.supplementalGroups()).containsExactly(3000L);
    assertThat(security.strictGroups()).isTrue();
    assertThat(security.readOnlyRoot() && security.noNewPrivileges()).isTrue();
    assertThat(security.addCapabilities()).containsExactly("NET_ADMIN");
    assertThat(security.dropCapabilities()).containsExactly("ALL");
    assertThat(security.seccomp()).isEqualTo(new Seccomp.RuntimeDefault());
    assertThat(security.maskedPaths()).containsExactly("/proc/kcore");
    assertThat(security.readOnlyPaths()).containsExactly("/proc/sys");
  }

  @Test
  void theLifeOfAContainerAsKubeletSeesIt() {
    ContainerConfig.Builder config =
        CriWorld.containerConfig("web").setLogPath("web/0.log").addMounts(mount("/a", "/b"));
    config.getLinuxBuilder().getResourcesBuilder().setCpuShares(512);
    String id =
        world.createContainer(
            world.runSandbox(CriWorld.sandboxConfig("pod").setLogDirectory("/logs").build()),
            config.build());

    ContainerStatus created = status(id);
    assertThat(created.getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
    assertThat(created.getCreatedAt()).isPositive();
    assertThat(created.getStartedAt()).isZero();
    assertThat(created.getImage().getImage()).isEqualTo("docker.io/library/busybox:latest");
    assertThat(created.getImageRef()).isEqualTo(SimulatedImages.BUSYBOX_DIGEST);
    assertThat(created.getImageId()).isEqualTo(SimulatedImages.BUSYBOX_ID);
    assertThat(created.getLogPath()).isEqualTo("/logs/web/0.log");
    assertThat(created.getMountsList()).containsExactly(mount("/a", "/b").build());
    assertThat(created.getResources().getLinux().getCpuShares()).isEqualTo(512);
    assertThat(created.getUser().getLinux().getSupplementalGroupsList()).containsExactly(0L);
    assertThat(created.getStopSignal()).isEqualTo(Signal.SIGNAL_SIGTERM);

    world.time.advance(Duration.ofSeconds(1));
    world.start(id);
    ContainerStatus running = status(id);
    assertThat(running.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(running.getStartedAt()).isEqualTo(running.getCreatedAt() + 1_000_000_000);
    assertThat(running.getFinishedAt()).isZero();

    world.time.advance(Duration.ofSeconds(1));
    stop(id, 10);
    ContainerStatus exited = status(id);
    assertThat(exited.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(exited.getFinishedAt()).isEqualTo(running.getStartedAt() + 1_000_000_000);
    assertThat(exited.getExitCode()).isEqualTo(143);
    assertThat(exited.getReason()).isEqualTo("Error");
    assertThat(world.pods.container(id).lastGrace()).isEqualTo(Duration.ofSeconds(10));

    remove(id);
    remove(id);
    CriWorld.assertFails(Status.Code.NOT_FOUND, id, () -> status(id));
  }

  @Test
  void anOutOfMemoryKillIsReportedAsOne() {
    String id = world.runningContainer("hog");
    world.pods.container(id).exit(137, true);

    assertThat(status(id).getExitCode()).isEqualTo(137);
    assertThat(status(id).getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void aFailedStartIsAnErrorAndStaysVisible() {
    String id =
        world.createContainer(world.runSandbox("pod"), CriWorld.containerConfig("web").build());
    world.pods.nextFailure = Failure.invalidArgument("/bin/nothing: no such file");

    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT, "/bin/nothing: no such file", () -> world.start(id));

    ContainerStatus status = status(id);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getExitCode()).isEqualTo(128);
    assertThat(status.getReason()).isEqualTo("StartError");
    assertThat(status.getMessage()).isEqualTo("/bin/nothing: no such file");
    assertThat(status.getStartedAt()).isZero();
    assertThat(status.getFinishedAt()).isPositive();
    CriWorld.assertFails(Status.Code.FAILED_PRECONDITION, "CREATED", () -> world.start(id));
  }

  @Test
  void anImageThatWasRemovedLeavesNoFieldEmpty() {
    String id = world.runningContainer("web");
    world.images.remove(SimulatedImages.BUSYBOX_ID);

    assertThat(status(id).getImage().getImage()).isEqualTo("busybox");
    assertThat(status(id).getImageRef()).isEqualTo(SimulatedImages.BUSYBOX_ID);
    assertThat(status(id).getImageId()).isEqualTo(SimulatedImages.BUSYBOX_ID);
    assertThat(list(ContainerFilter.getDefaultInstance()).getFirst().getImageRef())
        .isEqualTo(SimulatedImages.BUSYBOX_ID);
  }

  @Test
  void creationNeedsAReadySandboxAndALocalImage() {
    String sandbox = world.runSandbox("pod");

    CriWorld.assertFails(
        Status.Code.NOT_FOUND,
        "image busybox, which must be pulled first, not found",
        () ->
            world.runtime.createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .setConfig(CriWorld.containerConfig("web"))
                    .build()));
    CriWorld.assertFails(
        Status.Code.NOT_FOUND,
        "sandbox 77 not found",
        () -> world.createContainer("77", CriWorld.containerConfig("web").build()));
    world.pods.sandbox(sandbox).lose("gone");
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "is not running",
        () -> world.createContainer(sandbox, CriWorld.containerConfig("web").build()));
  }

  @Test
  void aRepeatedCreationOfTheSameNameAndAttemptReturnsTheSameId() {
    String sandbox = world.runSandbox("pod");
    ContainerConfig config = CriWorld.containerConfig("web").build();

    assertThat(world.createContainer(sandbox, config))
        .isEqualTo(world.createContainer(sandbox, config));
  }

  @Test
  void unknownIdsAreFineForStopAndRemoveOnly() {
    stop("nowhere", 0);
    remove("nowhere");
    CriWorld.assertFails(
        Status.Code.NOT_FOUND, "container nowhere not found", () -> status("nowhere"));
    CriWorld.assertFails(Status.Code.NOT_FOUND, "container nowhere", () -> world.start("nowhere"));
    CriWorld.assertFails(Status.Code.NOT_FOUND, "container nowhere", () -> reopen("nowhere"));
  }

  @Test
  void anyGraceIsUnderstood() {
    String id = world.runningContainer("web");
    stop(id, Long.MAX_VALUE);
    assertThat(world.pods.container(id).lastGrace()).isEqualTo(Duration.ofDays(366));
    stop(id, -1);
    assertThat(world.pods.container(id).lastGrace()).isZero();
  }

  @Test
  void logsAreReopenedWhileRunningOnly() {
    String id = world.runningContainer("web");

    reopen(id);
    assertThat(world.pods.container(id).logsOpened()).isEqualTo(2);

    stop(id, 0);
    CriWorld.assertFails(Status.Code.FAILED_PRECONDITION, "is not running", () -> reopen(id));
  }

  @Test
  void listsAreFiltered() {
    String web = world.runningContainer("web");
    String sandbox = world.runSandbox("other");
    String created =
        world.createContainer(
            sandbox, CriWorld.containerConfig("db").putLabels("app", "db").build());

    assertThat(list(ContainerFilter.getDefaultInstance()))
        .extracting(Container::getId)
        .containsExactlyInAnyOrder(web, created);
    assertThat(list(ContainerFilter.newBuilder().setPodSandboxId(sandbox).build()))
        .extracting(Container::getId)
        .containsExactly(created);
    assertThat(
            list(
                ContainerFilter.newBuilder()
                    .setState(
                        ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_RUNNING))
                    .build()))
        .extracting(Container::getId)
        .containsExactly(web);
    Container listed =
        list(ContainerFilter.newBuilder().putLabelSelector("app", "db").build()).getFirst();
    assertThat(listed.getId()).isEqualTo(created);
    assertThat(listed.getPodSandboxId()).isEqualTo(sandbox);
    assertThat(listed.getImage().getImage()).isEqualTo("busybox");
    assertThat(listed.getImageId()).isEqualTo(SimulatedImages.BUSYBOX_ID);
    assertThat(listed.getImageRef()).isEqualTo(SimulatedImages.BUSYBOX_DIGEST);
    assertThat(listed.getMetadata()).isEqualTo(CriWorld.containerConfig("db").getMetadata());
    assertThat(list(ContainerFilter.newBuilder().setId("nothing").build())).isEmpty();
  }

  @Test
  void verboseStatusIsJson() {
    String id = world.runningContainer("web");

    String info =
        world
            .runtime
            .containerStatus(
                ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build())
            .getInfoOrThrow("info");

    var json = JsonMapper.shared().readTree(info);
    assertThat(json.get("pid").asLong()).isEqualTo(4711);
    assertThat(json.get("sandboxID").asString()).hasSize(64);
    assertThat(json.get("config").get("security").get("seccomp").asString())
        .isEqualTo("Unconfined");
    assertThat(json.get("process").get("args").get(0).asString()).isEqualTo("/bin/sh");
  }

  @Test
  void theSandboxSaysWhichPidNamespacesThereAre() {
    String shared = world.runSandbox("shared");
    String own = world.runSandbox(sandboxWithPid("own", dev.beagle.cri.v1.NamespaceMode.CONTAINER));
    String host = world.runSandbox(sandboxWithPid("host", dev.beagle.cri.v1.NamespaceMode.NODE));

    assertThat(pidOf(shared, CriWorld.containerConfig("a"))).isEqualTo(NamespaceMode.POD);
    assertThat(pidOf(own, CriWorld.containerConfig("a"))).isEqualTo(NamespaceMode.CONTAINER);
    assertThat(pidOf(host, CriWorld.containerConfig("a"))).isEqualTo(NamespaceMode.NODE);
    assertThat(pidOf(shared, withPid(dev.beagle.cri.v1.NamespaceMode.CONTAINER, "")))
        .isEqualTo(NamespaceMode.CONTAINER);
    assertRefused(
        "namespace_options.pid: NODE needs",
        shared,
        withPid(dev.beagle.cri.v1.NamespaceMode.NODE, ""));
    assertRefused(
        "no PID namespace to share", own, withPid(dev.beagle.cri.v1.NamespaceMode.POD, ""));
  }

  @Test
  void aTargetIsARunningContainerOfTheSameSandbox() {
    String sandbox = world.runSandbox("pod");
    String target = world.createContainer(sandbox, CriWorld.containerConfig("web").build());
    ContainerConfig.Builder debug = withPid(dev.beagle.cri.v1.NamespaceMode.TARGET, target);

    assertRefused("target_id: " + target + " is not a running container", sandbox, debug);
    world.start(target);
    assertThat(pidOf(sandbox, debug)).isEqualTo(NamespaceMode.TARGET);
    assertRefused("target_id", world.runSandbox("elsewhere"), debug);
    assertRefused(
        "target_id: is missing", sandbox, withPid(dev.beagle.cri.v1.NamespaceMode.TARGET, ""));
    assertRefused(
        "needs pid TARGET", sandbox, withPid(dev.beagle.cri.v1.NamespaceMode.CONTAINER, target));
  }

  @Test
  void valuesThatCannotBeHonouredAreRefusedByPath() {
    String sandbox = world.runSandbox("pod");
    assertRefused(
        "config.metadata: is missing", sandbox, CriWorld.containerConfig("x").clearMetadata());
    assertRefused("config.image.image", sandbox, CriWorld.containerConfig("x").clearImage());
    assertRefused(
        "config.working_dir", sandbox, CriWorld.containerConfig("x").setWorkingDir("srv"));
    assertRefused(
        "config.log_path", sandbox, CriWorld.containerConfig("x").setLogPath("a/../../b"));
    assertRefused(
        "config.envs[0].value: is not UTF-8",
        sandbox,
        CriWorld.containerConfig("x")
            .addEnvs(
                KeyValue.newBuilder()
                    .setKey("K")
                    .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff}))));
    assertRefused(
        "config.envs[0].key",
        sandbox,
        CriWorld.containerConfig("x").addEnvs(KeyValue.newBuilder().setKey("A=B")));
    assertRefused(
        "config.mounts[0].host_path",
        sandbox,
        CriWorld.containerConfig("x").addMounts(mount("/a", "b")));
    assertRefused(
        "config.mounts[0].recursive_read_only",
        sandbox,
        CriWorld.containerConfig("x").addMounts(mount("/a", "/b").setRecursiveReadOnly(true)));
    assertRefused(
        "privileged: no privileged container allowed in sandbox",
        sandbox,
        secured(security -> security.setPrivileged(true)));
    assertRefused(
        "run_as_group: needs",
        sandbox,
        secured(security -> security.setRunAsGroup(Int64Value.newBuilder().setValue(1))));
    assertRefused(
        "run_as_user",
        sandbox,
        secured(security -> security.setRunAsUser(Int64Value.newBuilder().setValue(-1))));
    assertRefused(
        "security_context.apparmor: RuntimeDefault",
        sandbox,
        secured(security -> security.setApparmor(profile(ProfileType.RuntimeDefault))));
    assertRefused(
        "seccomp.localhost_ref",
        sandbox,
        secured(security -> security.setSeccomp(profile(ProfileType.Localhost))));
    assertRefused(
        "namespace_options.network: NODE differs",
        sandbox,
        secured(security ->
            security
                .getNamespaceOptionsBuilder()
                .setNetwork(dev.beagle.cri.v1.NamespaceMode.NODE)));
    ContainerConfig.Builder huge = CriWorld.containerConfig("x");
    huge.getLinuxBuilder().getResourcesBuilder().addHugepageLimitsBuilder().setPageSize("2MB");
    assertThat(world.createContainer(sandbox, huge.build())).hasSize(64);
    huge.getLinuxBuilder().getResourcesBuilder().getHugepageLimitsBuilder(0).setLimit(1);
    assertRefused("hugepage_limits", sandbox, huge);
  }

  @Test
  @SuppressWarnings("deprecation") // The field is deprecated, not gone.
  void seccompOfBeforeIsUnderstood() {
    String sandbox = world.runSandbox("pod");
    assertThat(seccomp(sandbox, "a", "runtime/default")).isEqualTo(new Seccomp.RuntimeDefault());
    assertThat(seccomp(sandbox, "b", "unconfined")).isEqualTo(new Seccomp.Unconfined());
    assertThat(seccomp(sandbox, "c", "")).isEqualTo(new Seccomp.Unconfined());
    assertThat(seccomp(sandbox, "d", "localhost//etc/p.json"))
        .isEqualTo(new Seccomp.Localhost("/etc/p.json"));
    assertRefused(
        "seccomp_profile_path",
        sandbox,
        secured(security -> security.setSeccompProfilePath("strict")));
  }

  @SuppressWarnings("deprecation") // The field is deprecated, not gone.
  private Seccomp seccomp(String sandbox, String name, String path) {
    ContainerConfig.Builder config = CriWorld.containerConfig(name);
    config.getLinuxBuilder().getSecurityContextBuilder().setSeccompProfilePath(path);
    String id = world.createContainer(sandbox, config.build());
    return world.pods.container(id).spec().security().seccomp();
  }

  private void assertRefused(String text, String sandbox, ContainerConfig.Builder config) {
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT, text, () -> world.createContainer(sandbox, config.build()));
  }

  private static ContainerConfig.Builder secured(
      java.util.function.Consumer<LinuxContainerSecurityContext.Builder> change) {
    ContainerConfig.Builder config = CriWorld.containerConfig("secured");
    change.accept(config.getLinuxBuilder().getSecurityContextBuilder());
    return config;
  }

  private static ContainerConfig.Builder withPid(
      dev.beagle.cri.v1.NamespaceMode pid, String target) {
    ContainerConfig.Builder config = CriWorld.containerConfig("pid-" + pid);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(pid)
        .setTargetId(target);
    return config;
  }

  private static dev.beagle.cri.v1.PodSandboxConfig sandboxWithPid(
      String name, dev.beagle.cri.v1.NamespaceMode pid) {
    var config = CriWorld.sandboxConfig(name);
    config.getLinuxBuilder().getSecurityContextBuilder().getNamespaceOptionsBuilder().setPid(pid);
    return config.build();
  }

  private NamespaceMode pidOf(String sandbox, ContainerConfig.Builder config) {
    String id = world.createContainer(sandbox, config.build());
    return world.pods.container(id).spec().security().pid();
  }

  private static SecurityProfile profile(ProfileType type) {
    return SecurityProfile.newBuilder().setProfileType(type).build();
  }

  private static Mount.Builder mount(String containerPath, String hostPath) {
    return Mount.newBuilder().setContainerPath(containerPath).setHostPath(hostPath);
  }

  private ContainerStatus status(String id) {
    return world
        .runtime
        .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
        .getStatus();
  }

  private List<Container> list(ContainerFilter filter) {
    return world
        .runtime
        .listContainers(ListContainersRequest.newBuilder().setFilter(filter).build())
        .getContainersList();
  }

  private void stop(String id, long seconds) {
    var _ =
        world.runtime.stopContainer(
            StopContainerRequest.newBuilder().setContainerId(id).setTimeout(seconds).build());
  }

  private void remove(String id) {
    var _ =
        world.runtime.removeContainer(
            RemoveContainerRequest.newBuilder().setContainerId(id).build());
  }

  private void reopen(String id) {
    var _ =
        world.runtime.reopenContainerLog(
            ReopenContainerLogRequest.newBuilder().setContainerId(id).build());
  }
}
