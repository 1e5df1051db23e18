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
    return sandbox(name, "", NamespaceMode.POD, "");
  }

  private static SandboxSpec sandbox(
      String name, String kind, NamespaceMode network, String logDirectory) {
    return sandbox(name, kind, network, NamespaceMode.CONTAINER, logDirectory);
  }

  private static SandboxSpec sandbox(
      String name, String kind, NamespaceMode network, NamespaceMode pid, String logDirectory) {
    return sandbox(
        new SandboxName(name, "default", "uid-" + name, 0),
        Owner.CRI,
        kind,
        network,
        pid,
        logDirectory);
  }

  /** As somebody who typed a name made it. */
  public static SandboxSpec typedSandbox(String name, String uid) {
    return sandbox(
        new SandboxName(name, "default", uid, 0),
        Owner.CLI,
        "",
        NamespaceMode.POD,
        NamespaceMode.CONTAINER,
        "");
  }

  private static SandboxSpec sandbox(
      SandboxName name,
      Owner owner,
      String kind,
      NamespaceMode network,
      NamespaceMode pid,
      String logDirectory) {
    return new SandboxSpec(
        name,
        owner,
        kind,
        network == NamespaceMode.NODE ? "" : name.name(),
        Optional.empty(),
        List.of(),
        network,
        pid,
        NamespaceMode.POD,
        Map.of("app", name.name()),
        Map.of(),
        logDirectory,
        "",
        Map.of(),
        false);
  }

  public static SandboxSpec hostNetworkSandbox(String name) {
    return sandbox(name, "", NamespaceMode.NODE, "");
  }

  public static SandboxSpec sandboxOfKind(String name, String kind) {
    return sandbox(name, kind, NamespaceMode.POD, "");
  }

  public static SandboxSpec loggingSandbox(String name, String logDirectory) {
    return sandbox(name, "", NamespaceMode.POD, logDirectory);
  }

  /** On the host's network, with a PID namespace that its containers share. */
  public static SandboxSpec sharedPidSandbox(String name) {
    return sandbox(name, "", NamespaceMode.NODE, NamespaceMode.POD, "");
  }

  public static SecuritySpec security() {
    return security(false, NamespaceMode.CONTAINER, List.of());
  }

  public static SecuritySpec security(
      boolean readOnlyRoot, NamespaceMode pid, List<String> addCapabilities) {
    return new SecuritySpec(
        false,
        readOnlyRoot,
        false,
        new Identity.OfImage(),
        OptionalLong.empty(),
        List.of(),
        false,
        addCapabilities,
        List.of(),
        new Seccomp.Unconfined(),
        List.of(),
        List.of(),
        pid,
        "");
  }

  public static ContainerSpec container(String name, String... command) {
    return container(name, security(), List.of(), command);
  }

  public static ContainerSpec container(
      String name, SecuritySpec security, List<FolderMount> mounts, String... command) {
    return newContainer(name, security, mounts, "", ResourceSpec.unlimited(), command);
  }

  public static ContainerSpec limitedContainer(
      String name, ResourceSpec resources, String... command) {
    return newContainer(name, security(), List.of(), "", resources, command);
  }

  public static ContainerSpec loggingContainer(String name, String logPath) {
    return newContainer(name, security(), List.of(), logPath, ResourceSpec.unlimited(), "sh");
  }

  private static ContainerSpec newContainer(
      String name,
      SecuritySpec security,
      List<FolderMount> mounts,
      String logPath,
      ResourceSpec resources,
      String... command) {
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
        logPath,
        false,
        false,
        false,
        "",
        security,
        resources);
  }
}
