package dev.beagle.runtime.oci;

import dev.beagle.runtime.oci.ContainerConfig.MountedFolder;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.NamespaceMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The mounts of a container: what every Linux container has, then the client's. A client's mount on
 * the same path replaces ours, one on {@code /dev} everything below it; parents come before what is
 * in them.
 */
final class ContainerMounts {
  private final ContainerConfig config;

  ContainerMounts(ContainerConfig config) {
    this.config = config;
  }

  private record Mount(String destination, String type, String source, List<String> options) {}

  void write(ArrayNode mounts) {
    Map<String, Mount> byPath = new TreeMap<>();
    for (Mount mount : base()) {
      byPath.put(mount.destination(), mount);
    }
    for (MountedFolder folder : config.folders()) {
      String path = normalized(folder.mount().containerPath());
      if (path.equals("/dev")) {
        byPath.keySet().removeIf(other -> other.startsWith("/dev/"));
      }
      byPath.put(path, bind(path, folder));
    }
    List<Mount> ordered = new ArrayList<>(byPath.values());
    ordered.sort(Comparator.comparingInt(mount -> depth(mount.destination())));
    for (Mount mount : ordered) {
      ObjectNode node = mounts.addObject();
      node.put("destination", mount.destination());
      node.put("type", mount.type());
      node.put("source", mount.source());
      ContainerConfig.strings(node.putArray("options"), mount.options());
    }
  }

  private static int depth(String path) {
    return path.equals("/") ? 0 : (int) path.chars().filter(c -> c == '/').count();
  }

  private static String normalized(String path) {
    return java.nio.file.Path.of("/").resolve(path).normalize().toString();
  }

  private List<Mount> base() {
    boolean privileged = config.container().security().privileged();
    String access = privileged ? "rw" : "ro";
    List<Mount> mounts = new ArrayList<>();
    mounts.add(new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")));
    mounts.add(
        new Mount(
            "/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")));
    mounts.add(
        new Mount(
            "/dev/pts",
            "devpts",
            "devpts",
            List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")));
    mounts.add(new Mount("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")));
    mounts.add(new Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", access)));
    mounts.add(
        new Mount(
            "/sys/fs/cgroup",
            "cgroup",
            "cgroup",
            List.of("nosuid", "noexec", "nodev", "relatime", access)));
    boolean hostIpc = config.sandbox().ipc() == NamespaceMode.NODE;
    mounts.add(
        new Mount(
            "/dev/shm",
            "bind",
            hostIpc ? "/dev/shm" : "/sandbox/shm",
            List.of("rbind", "nosuid", "nodev", "noexec")));
    String files = config.container().security().readOnlyRoot() ? "ro" : "rw";
    for (String file : List.of("hosts", "hostname", "resolv.conf")) {
      mounts.add(
          new Mount(
              "/etc/" + file,
              "bind",
              "/sandbox/files/" + file,
              List.of("rbind", "rprivate", files, "nosuid", "nodev", "noexec")));
    }
    return mounts;
  }

  private static Mount bind(String path, MountedFolder folder) {
    FolderMount mount = folder.mount();
    List<String> options = new ArrayList<>(List.of("rbind"));
    options.add(
        switch (mount.propagation()) {
          case PRIVATE -> "rprivate";
          case HOST_TO_CONTAINER -> "rslave";
          case BIDIRECTIONAL -> "rshared";
        });
    options.add(mount.readOnly() ? "ro" : "rw");
    return new Mount(path, "bind", "/folders/" + folder.folder(), options);
  }
}
