package dev.beagle.runtime.testing;

import dev.beagle.runtime.pod.ContainerName;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.ResourceSpec;
import dev.beagle.runtime.pod.SandboxName;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.Seccomp;
import dev.beagle.runtime.pod.SecuritySpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Plain specs that a test changes where it cares. */
public final class Specs {
  private Specs() {}

  public static SandboxSpec sandbox(String name) {
    return new SandboxSpec(
        new SandboxName(name, "default", "uid-" + name, 0),
        Owner.CRI,
        "",
        name,
        Optional.empty(),
        List.of(),
        NamespaceMode.POD,
        NamespaceMode.CONTAINER,
        NamespaceMode.POD,
        Map.of("app", name),
        Map.of(),
        "",
        "",
        Map.of(),
        false);
  }

  public static SandboxSpec hostNetworkSandbox(String name) {
    SandboxSpec spec = sandbox(name);
    return new SandboxSpec(
        spec.name(),
        spec.owner(),
        spec.kind(),
        "",
        spec.dns(),
        spec.ports(),
        NamespaceMode.NODE,
        spec.pid(),
        spec.ipc(),
        spec.labels(),
        spec.annotations(),
        spec.logDirectory(),
        spec.cgroupParent(),
        spec.sysctls(),
        spec.privileged());
  }

  public static SecuritySpec security() {
    return new SecuritySpec(
        false,
        false,
        false,
        new Identity.OfImage(),
        OptionalLong.empty(),
        List.of(),
        false,
        List.of(),
        List.of(),
        new Seccomp.Unconfined(),
        List.of(),
        List.of(),
        NamespaceMode.CONTAINER,
        "");
  }

  public static ContainerSpec container(String name, String... command) {
    return container(name, security(), List.of(), command);
  }

  public static ContainerSpec container(
      String name, SecuritySpec security, List<FolderMount> mounts, String... command) {
    return new ContainerSpec(
        new ContainerName(name, 0),
        "sha256:" + "0".repeat(64),
        "example.test/" + name + ":1",
        List.of(command),
        List.of(),
        List.of(),
        "",
        mounts,
        Map.of(),
        Map.of(),
        "",
        false,
        false,
        false,
        "",
        security,
        ResourceSpec.unlimited());
  }
}
