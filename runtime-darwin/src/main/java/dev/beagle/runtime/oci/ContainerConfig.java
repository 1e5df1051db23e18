package dev.beagle.runtime.oci;

import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SecuritySpec;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes {@code config.json} (OCI runtime-spec 1.0.2, which every crun and runc still reads) for
 * one container. Its paths are those of the agent's root (PROTOCOL.md).
 *
 * @param folders the container's mounts and the folder of the agent that each is
 * @param cgroup path in every hierarchy
 * @param targetPid the process whose PID namespace is joined with mode TARGET, else 0
 */
public record ContainerConfig(
    ContainerId id,
    SandboxSpec sandbox,
    ContainerSpec container,
    ResolvedProcess process,
    List<MountedFolder> folders,
    String cgroup,
    long targetPid,
    WorldTraits world) {
  private static final String OCI_VERSION = "1.0.2";
  private static final ObjectMapper JSON = JsonMapper.shared();

  public ContainerConfig {
    folders = List.copyOf(folders);
  }

  /** A mount of the container and the agent's folder that it shows. */
  public record MountedFolder(FolderMount mount, String folder) {}

  /** The file's bytes. */
  public byte[] json() {
    ObjectNode config = JSON.createObjectNode();
    config.put("ociVersion", OCI_VERSION);
    config.set("process", processNode(process.args(), container.tty()));
    ObjectNode root = config.putObject("root");
    root.put("path", "/containers/" + id + "/rootfs");
    root.put("readonly", container.security().readOnlyRoot());
    new ContainerMounts(this).write(config.putArray("mounts"));
    config.set("linux", linux());
    return JSON.writeValueAsBytes(config);
  }

  /** The spec's {@code process} for a further process in this container. */
  public byte[] execJson(ExecSpec exec) {
    return JSON.writeValueAsBytes(processNode(exec.command(), exec.tty()));
  }

  private ObjectNode processNode(List<String> args, boolean terminal) {
    SecuritySpec security = container.security();
    ObjectNode node = JSON.createObjectNode();
    node.put("terminal", terminal);
    ObjectNode user = node.putObject("user");
    user.put("uid", process.uid());
    user.put("gid", process.gid());
    ArrayNode groups = user.putArray("additionalGids");
    process.additionalGroups().forEach(groups::add);
    strings(node.putArray("args"), args);
    List<String> environment = process.environment();
    strings(node.putArray("env"), environment);
    if (terminal && environment.stream().noneMatch(variable -> variable.startsWith("TERM="))) {
      ((ArrayNode) node.get("env")).add("TERM=xterm");
    }
    node.put("cwd", process.workingDirectory());
    Set<String> capabilities = capabilities();
    ObjectNode sets = node.putObject("capabilities");
    for (String set : List.of("bounding", "effective", "permitted")) {
      strings(sets.putArray(set), capabilities);
    }
    node.put("noNewPrivileges", security.noNewPrivileges());
    long oomScoreAdj = Math.max(container.resources().oomScoreAdj(), world.lowestOomScoreAdj());
    if (oomScoreAdj != 0) {
      node.put("oomScoreAdj", oomScoreAdj);
    }
    return node;
  }

  private Set<String> capabilities() {
    SecuritySpec security = container.security();
    return Capabilities.granted(
        security.privileged(),
        security.addCapabilities(),
        security.dropCapabilities(),
        world.capabilities());
  }

  private ObjectNode linux() {
    SecuritySpec security = container.security();
    ObjectNode linux = JSON.createObjectNode();
    namespaces(linux.putArray("namespaces"));
    linux.put("cgroupsPath", cgroup);
    resources(linux.putObject("resources"));
    linux.put("rootfsPropagation", rootPropagation());
    if (security.privileged()) {
      devices(linux.putArray("devices"));
      return linux;
    }
    strings(linux.putArray("maskedPaths"), security.maskedPaths());
    strings(linux.putArray("readonlyPaths"), security.readOnlyPaths());
    new SeccompProfile(JSON)
        .of(security.seccomp(), capabilities(), world.architecture())
        .ifPresent(profile -> linux.set("seccomp", profile));
    return linux;
  }

  /** What leads into the container must not be cut off at its root. */
  private String rootPropagation() {
    boolean shared = false;
    boolean slave = false;
    for (FolderMount mount : container.mounts()) {
      shared |= mount.propagation() == FolderMount.Propagation.BIDIRECTIONAL;
      slave |= mount.propagation() == FolderMount.Propagation.HOST_TO_CONTAINER;
    }
    return shared ? "rshared" : slave ? "rslave" : "rprivate";
  }

  private void namespaces(ArrayNode namespaces) {
    namespaces.addObject().put("type", "mount");
    if (sandbox.network() == NamespaceMode.POD) {
      joined(namespaces, "network", "/sandbox/ns/net");
      joined(namespaces, "uts", "/sandbox/ns/uts");
    }
    if (sandbox.ipc() == NamespaceMode.POD) {
      joined(namespaces, "ipc", "/sandbox/ns/ipc");
    }
    switch (container.security().pid()) {
      case CONTAINER -> namespaces.addObject().put("type", "pid");
      case POD -> joined(namespaces, "pid", "/sandbox/ns/pid");
      case TARGET -> joined(namespaces, "pid", "/proc/" + targetPid + "/ns/pid");
      case NODE -> {
        // The world's own: nothing to join.
      }
    }
    if (world.unifiedCgroups() && !container.security().privileged()) {
      namespaces.addObject().put("type", "cgroup");
    }
  }

  private static void joined(ArrayNode namespaces, String type, String path) {
    namespaces.addObject().put("type", type).put("path", path);
  }

  private void resources(ObjectNode node) {
    ResourceSpec limits = container.resources();
    ArrayNode devices = node.putArray("devices");
    devices.addObject().put("allow", container.security().privileged()).put("access", "rwm");
    ObjectNode memory = node.putObject("memory");
    putIfSet(memory, "limit", limits.memoryLimitBytes());
    putIfSet(memory, "swap", limits.memorySwapLimitBytes());
    ObjectNode cpu = node.putObject("cpu");
    putIfSet(cpu, "shares", limits.cpuShares());
    putIfSet(cpu, "quota", limits.cpuQuota());
    putIfSet(cpu, "period", limits.cpuPeriod());
    if (!limits.cpusetCpus().isEmpty()) {
      cpu.put("cpus", limits.cpusetCpus());
    }
    if (!limits.cpusetMems().isEmpty()) {
      cpu.put("mems", limits.cpusetMems());
    }
    if (world.unifiedCgroups() && !limits.unified().isEmpty()) {
      ObjectNode unified = node.putObject("unified");
      limits.unified().forEach(unified::put);
    }
  }

  private static void putIfSet(ObjectNode node, String key, long value) {
    if (value != 0) {
      node.put(key, value);
    }
  }

  private void devices(ArrayNode devices) {
    for (WorldTraits.Device device : world.devices()) {
      devices
          .addObject()
          .put("path", device.path())
          .put("type", device.type())
          .put("major", device.major())
          .put("minor", device.minor())
          .put("fileMode", device.mode())
          .put("uid", device.uid())
          .put("gid", device.gid());
    }
  }

  static void strings(ArrayNode node, Iterable<String> values) {
    for (String value : values) {
      node.add(value);
    }
  }
}
