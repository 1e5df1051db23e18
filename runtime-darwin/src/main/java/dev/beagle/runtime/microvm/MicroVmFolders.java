package dev.beagle.runtime.microvm;

import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.pod.SandboxId;
import java.nio.file.Path;

/** Where the machines of a node have their folders, below its run folder. */
public final class MicroVmFolders {
  private MicroVmFolders() {}

  /** Of all machines. */
  public static Path all(Path run) {
    return run.resolve("vms");
  }

  /** What the guest of a pod has written to its console; there until the pod is removed. */
  public static Path console(Path run, SandboxId pod) {
    return MachineLauncher.consoleFile(machine(run, pod));
  }

  /** Whether the process of a pod's machine lives. */
  public static boolean lives(Path run, SandboxId pod) {
    return MachineLauncher.holder(machine(run, pod)).isPresent();
  }

  private static Path machine(Path run, SandboxId pod) {
    return all(run).resolve(pod.shortForm());
  }
}
