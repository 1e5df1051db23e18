package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.SandboxSpec;

/** What a machine of its own cannot give its pod; refused by name before anything is made. */
public final class MicroVmLimits {
  private MicroVmLimits() {}

  static void check(SandboxSpec spec) {
    refuseOfNode("network", spec.network());
    refuseOfNode("PID", spec.pid());
    refuseOfNode("IPC", spec.ipc());
  }

  static void check(ContainerSpec spec) {
    refuseOfNode("PID", spec.security().pid());
    spec.mounts().forEach(MicroVmLimits::check);
  }

  private static void refuseOfNode(String namespace, NamespaceMode mode) {
    if (mode == NamespaceMode.NODE) {
      throw Failure.unsupported(
          "the host's %s namespace cannot be had by a pod of kind %s: the node VM is not there yet"
              .formatted(namespace, MicroVmKind.NAME));
    }
  }

  private static void check(FolderMount mount) {
    if (!mount.readOnly()) {
      throw writable(mount.hostPath(), mount.containerPath());
    }
    if (mount.propagation() == Propagation.BIDIRECTIONAL) {
      throw refused(
          mount.hostPath(),
          mount.containerPath(),
          "cannot be mounted with bidirectional propagation");
    }
  }

  /** What to say of a mount that is not read-only, also before there is a pod. */
  public static Failure writable(String hostPath, String containerPath) {
    return refused(
        hostPath,
        containerPath,
        "can only be mounted read-only so far: set readonly on the mount (beagle run: :ro behind"
            + " the -v)");
  }

  private static Failure refused(String hostPath, String containerPath, String why) {
    return Failure.invalidArgument(
        "mount of %s at %s: folders of the host %s (sandbox kind %s)"
            .formatted(
                Failure.shown(hostPath), Failure.shown(containerPath), why, MicroVmKind.NAME));
  }
}
