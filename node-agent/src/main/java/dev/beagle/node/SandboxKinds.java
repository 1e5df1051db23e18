package dev.beagle.node;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.Installation;
import dev.beagle.node.config.NodeConfig;
import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.microvm.MicroVmFolders;
import dev.beagle.runtime.microvm.MicroVmKind;
import dev.beagle.runtime.microvm.MicroVmOptions;
import dev.beagle.runtime.microvm.MicroVmRequirements;
import dev.beagle.runtime.namespaces.NamespacesKind;
import dev.beagle.runtime.world.AbsentKind;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.time.Time;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The sandbox kinds of this node, the default first. */
final class SandboxKinds {
  private static final List<Path> PROGRAM_FOLDERS =
      List.of(
          Path.of("/usr/local/sbin"),
          Path.of("/usr/local/bin"),
          Path.of("/usr/sbin"),
          Path.of("/usr/bin"));

  private SandboxKinds() {}

  static List<SandboxKind> of(
      NodeConfig config,
      Installation installation,
      HostPlatform platform,
      Path portSocket,
      Time time) {
    List<SandboxKind> kinds = new ArrayList<>();
    kinds.add(
        platform.linux()
            ? namespaces(config, portSocket, time)
            : new AbsentKind(NamespacesKind.NAME, "it needs Linux; use hvf on a Mac"));
    kinds.add(microVms(config, installation, platform, portSocket, time));
    String wanted = config.sandbox().defaultKind();
    if (!wanted.isEmpty()) {
      SandboxKind first =
          kinds.stream()
              .filter(kind -> kind.name().equals(wanted))
              .findFirst()
              .orElseThrow(() ->
                  Failure.invalidArgument(
                      "sandbox.default: unknown kind "
                          + wanted
                          + "; known: "
                          + kinds.stream()
                              .map(SandboxKind::name)
                              .collect(Collectors.joining(", "))));
      kinds.remove(first);
      kinds.addFirst(first);
    } else if (!platform.linux()) {
      kinds.addFirst(kinds.removeLast());
    }
    return kinds;
  }

  private static SandboxKind microVms(
      NodeConfig config,
      Installation installation,
      HostPlatform platform,
      Path portSocket,
      Time time) {
    NodeConfig.SandboxConfig sandbox = config.sandbox();
    return new MicroVmKind(
        new MicroVmOptions(
            MicroVmFolders.all(config.run()),
            config.root().resolve("vms"),
            sandbox.guestImage(),
            portSocket,
            sandbox.hypervisorLibrary(),
            MachineLauncher.command(
                installation.java(), installation.classPath(), installation.machineCache())),
        MicroVmRequirements.problem(platform, sandbox.guestImage(), sandbox.hypervisorLibrary()),
        time);
  }

  /** The architecture that images are for: that of the guests where pods are machines. */
  static String imageArchitecture(List<SandboxKind> kinds, HostPlatform platform) {
    SandboxKind first = kinds.getFirst();
    return first.problem().isEmpty() ? first.traits().architecture() : platform.architecture();
  }

  private static SandboxKind namespaces(NodeConfig config, Path portSocket, Time time) {
    try {
      return NamespacesKind.create(
          config.root(), config.run(), portSocket, ociRuntime(config.sandbox().ociRuntime()), time);
    } catch (Failure failure) {
      return new AbsentKind(NamespacesKind.NAME, failure.reason());
    }
  }

  private static Path ociRuntime(String nameOrPath) {
    Path given = Path.of(nameOrPath);
    if (given.isAbsolute()) {
      if (Files.isExecutable(given)) {
        return given;
      }
      throw Failure.notFound("OCI runtime", given + " (sandbox.ociRuntime)");
    }
    return PROGRAM_FOLDERS.stream()
        .map(folder -> folder.resolve(given))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() ->
            Failure.unsupported(
                "OCI runtime " + given + " is not installed (Debian: apt install " + given + ")"));
  }
}
