package dev.beagle.runtime.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.oci.ContainerConfig.MountedFolder;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.Seccomp;
import dev.beagle.runtime.pod.SecuritySpec;
import dev.beagle.runtime.testing.Specs;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ContainerConfigTest {
  private static final ResolvedProcess PROCESS =
      new ResolvedProcess(List.of("/bin/true"), List.of("A=b"), "/", 5, 6, List.of(6L), 15);
  private static final WorldTraits WORLD =
      new WorldTraits(
          "amd64",
          -1L,
          false,
          0,
          List.of(new WorldTraits.Device("/dev/fuse", "c", 10, 229, 0666, 0, 0)));

  private static SecuritySpec security(
      boolean privileged, Seccomp seccomp, NamespaceMode pid, List<String> add) {
    return new SecuritySpec(
        privileged,
        false,
        false,
        new Identity.OfImage(),
        OptionalLong.empty(),
        List.of(),
        false,
        add,
        List.of(),
        seccomp,
        List.of("/proc/kcore"),
        List.of("/proc/sys"),
        pid,
        "");
  }

  private static JsonNode config(
      SandboxSpec sandbox, SecuritySpec security, List<FolderMount> mounts) {
    ContainerSpec container = Specs.container("c", security, mounts);
    List<MountedFolder> folders = new ArrayList<>();
    mounts.forEach(mount -> folders.add(new MountedFolder(mount, "m" + folders.size())));
    return JsonMapper.shared()
        .readTree(
            new ContainerConfig(
                    ContainerId.random(), sandbox, container, PROCESS, folders, "/p/c", 42, WORLD)
                .json());
  }

  private static List<String> destinations(JsonNode config) {
    List<String> paths = new ArrayList<>();
    config.get("mounts").forEach(mount -> paths.add(mount.get("destination").asString()));
    return paths;
  }

  private static List<String> namespaces(JsonNode config) {
    List<String> found = new ArrayList<>();
    config
        .at("/linux/namespaces")
        .forEach(each ->
            found.add(
                each.get("type").asString()
                    + (each.has("path") ? "=" + each.get("path").asString() : "")));
    return found;
  }

  @Test
  void aPodsContainerJoinsThePodsNamespacesAndHasItsOwnProcesses() {
    JsonNode config =
        config(
            Specs.sandbox("p"),
            security(false, new Seccomp.Unconfined(), NamespaceMode.CONTAINER, List.of()),
            List.of());
    assertThat(namespaces(config))
        .containsExactlyInAnyOrder(
            "mount",
            "network=/sandbox/ns/net",
            "uts=/sandbox/ns/uts",
            "ipc=/sandbox/ns/ipc",
            "pid");
    assertThat(config.at("/linux/cgroupsPath").asString()).isEqualTo("/p/c");
    assertThat(config.at("/linux/maskedPaths/0").asString()).isEqualTo("/proc/kcore");
    assertThat(config.at("/process/user/uid").asInt()).isEqualTo(5);
    assertThat(config.has("/linux/seccomp")).isFalse();
  }

  @Test
  void targetAndNodePidModes() {
    assertThat(
            namespaces(
                config(
                    Specs.sandbox("p"),
                    security(false, new Seccomp.Unconfined(), NamespaceMode.TARGET, List.of()),
                    List.of())))
        .contains("pid=/proc/42/ns/pid");
    assertThat(
            namespaces(
                config(
                    Specs.hostNetworkSandbox("p"),
                    security(false, new Seccomp.Unconfined(), NamespaceMode.NODE, List.of()),
                    List.of())))
        .containsExactlyInAnyOrder("mount", "ipc=/sandbox/ns/ipc");
  }

  @Test
  void privilegedHasDevicesAndNoMasks() {
    JsonNode config =
        config(
            Specs.sandbox("p"),
            security(true, new Seccomp.RuntimeDefault(), NamespaceMode.CONTAINER, List.of()),
            List.of());
    assertThat(config.at("/linux/devices/0/path").asString()).isEqualTo("/dev/fuse");
    assertThat(config.at("/linux/maskedPaths").isMissingNode()).isTrue();
    assertThat(config.at("/linux/seccomp").isMissingNode()).isTrue();
    assertThat(config.at("/linux/resources/devices/0/allow").asBoolean()).isTrue();
    assertThat(config.at("/process/capabilities/bounding").size()).isEqualTo(41);
  }

  @Test
  void aClientsMountReplacesOursAndParentsComeFirst() {
    JsonNode config =
        config(
            Specs.sandbox("p"),
            security(false, new Seccomp.Unconfined(), NamespaceMode.CONTAINER, List.of()),
            List.of(
                new FolderMount("/data/deep/er", "/h3", false, false, Propagation.BIDIRECTIONAL),
                new FolderMount("/data", "/h1", true, false, Propagation.PRIVATE),
                new FolderMount("/etc/hosts", "/h2", false, false, Propagation.PRIVATE)));
    List<String> paths = destinations(config);
    assertThat(paths).doesNotHaveDuplicates().contains("/etc/hosts");
    assertThat(paths.indexOf("/data")).isLessThan(paths.indexOf("/data/deep/er"));
    assertThat(paths.indexOf("/dev")).isLessThan(paths.indexOf("/dev/shm"));
    assertThat(config.at("/linux/rootfsPropagation").asString()).isEqualTo("rshared");
    for (JsonNode mount : config.get("mounts")) {
      if (mount.get("destination").asString().equals("/data")) {
        assertThat(mount.get("source").asString()).isEqualTo("/folders/m1");
        assertThat(mount.get("options").toString()).contains("rprivate", "ro");
      }
    }
  }

  @Test
  void theSandboxesFilesAndSharedMemoryHoldNoProgramsAndNoDevices() {
    JsonNode config =
        config(
            Specs.sandbox("p"),
            security(false, new Seccomp.Unconfined(), NamespaceMode.CONTAINER, List.of()),
            List.of());
    List<String> found = new ArrayList<>();
    for (JsonNode mount : config.get("mounts")) {
      if (mount.get("source").asString().startsWith("/sandbox/")) {
        found.add(mount.get("destination").asString());
        assertThat(mount.get("options"))
            .extracting(JsonNode::asString)
            .contains("nosuid", "nodev", "noexec");
      }
    }
    assertThat(found)
        .containsExactlyInAnyOrder("/dev/shm", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf");
  }

  @Test
  void aMountOnDevTakesEverythingBelowItAway() {
    JsonNode config =
        config(
            Specs.sandbox("p"),
            security(false, new Seccomp.Unconfined(), NamespaceMode.CONTAINER, List.of()),
            List.of(new FolderMount("/dev", "/dev", false, false, Propagation.PRIVATE)));
    assertThat(destinations(config)).contains("/dev").noneMatch(path -> path.startsWith("/dev/"));
  }

  @Test
  void theDefaultFilterGrowsWithCapabilities() {
    String plain =
        config(
                Specs.sandbox("p"),
                security(false, new Seccomp.RuntimeDefault(), NamespaceMode.CONTAINER, List.of()),
                List.of())
            .at("/linux/seccomp")
            .toString();
    String admin =
        config(
                Specs.sandbox("p"),
                security(
                    false,
                    new Seccomp.RuntimeDefault(),
                    NamespaceMode.CONTAINER,
                    List.of("SYS_ADMIN")),
                List.of())
            .at("/linux/seccomp")
            .toString();
    assertThat(plain).contains("\"openat\"").doesNotContain("\"mount\"").contains("\"clone3\"");
    assertThat(admin).contains("\"mount\"", "\"unshare\"").doesNotContain("SCMP_CMP_MASKED_EQ");
  }
}
