package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.SandboxSpec;

/** What a machine of its own cannot give its pod; refused by name before anything is made. */
final class MicroVmLimits {
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
      throw refused(
          mount,
          "can only be mounted read-only so far: set readonly on the mount (beagle run: :ro behind"
              + " the -v)");
    }
    if (mount.propagation() == Propagation.BIDIRECTIONAL) {
      throw refused(mount, "cannot be mounted with bidirectional propagation");
    }
  }

  private static Failure refused(FolderMount mount, String why) {
    return Failure.invalidArgument(
        "mount of %s at %s: folders of the host %s (sandbox kind %s)"
            .formatted(
                Failure.shown(mount.hostPath()),
                Failure.shown(mount.containerPath()),
                why,
                MicroVmKind.NAME));
  }
}
