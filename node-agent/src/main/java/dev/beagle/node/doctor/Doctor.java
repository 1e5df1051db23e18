package dev.beagle.node.doctor;

import dev.beagle.node.config.Host;
import dev.beagle.node.doctor.Finding.Verdict;
import dev.beagle.runtime.posix.Mounts;
import dev.beagle.runtime.posix.Mounts.ErofsBacking;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks at the host as the daemon would find it. Changes nothing that outlives it. */
public final class Doctor {
  private final Host host;
  private final Path proc;
  private final Path devices;
  private final CommandRunner commands;
  private final MountAttempt erofs;

  Doctor(Host host, Path proc, Path devices, CommandRunner commands, MountAttempt erofs) {
    this.host = host;
    this.proc = proc;
    this.devices = devices;
    this.commands = commands;
    this.erofs = erofs;
  }

  /** For this machine. */
  public static Doctor of(Host host) {
    return new Doctor(
        host, Path.of("/proc"), Path.of("/dev"), new HostCommands(), Doctor::mountAndUnmount);
  }

  /**
   * All findings, sandbox kinds last, for they follow from the others.
   *
   * @param root the folder for images, whose disk is looked at; need not exist
   * @param ociRuntime the configured OCI runtime
   * @param defaultKind the configured default sandbox kind; empty for the best
   */
  public List<Finding> examine(Path root, String ociRuntime, String defaultKind) {
    List<Finding> findings = new ArrayList<>();
    GeneralChecks general = new GeneralChecks(host, proc);
    findings.add(general.system(commands));
    findings.add(general.jdk());
    findings.add(general.user());
    findings.add(general.disk(root));
    if (host.linux()) {
      findings.addAll(
          new LinuxChecks(host, proc, devices, commands, erofs)
              .all(GeneralChecks.existing(root), ociRuntime));
    }
    findings.addAll(kinds(findings, defaultKind));
    return findings;
  }

  /** Mounts an EROFS image on a folder and takes it away again; says how it was done. */
  @FunctionalInterface
  interface MountAttempt {
    ErofsBacking attempt(Path image, Path target);
  }

  private static ErofsBacking mountAndUnmount(Path image, Path target) {
    ErofsBacking backing = Mounts.mountErofs(image, target);
    Mounts.unmount(target);
    return backing;
  }

  private List<Finding> kinds(List<Finding> found, String defaultKind) {
    List<String> missing =
        found.stream()
            .filter(finding -> finding.verdict() == Verdict.MISSING)
            .map(Finding::check)
            .toList();
    Finding namespaces;
    if (!host.linux()) {
      namespaces = Finding.note("sandbox namespaces", "only on Linux", "");
    } else if (missing.isEmpty()) {
      namespaces = Finding.ok("sandbox namespaces", "runs here");
    } else {
      namespaces =
          Finding.missing(
              "sandbox namespaces",
              "cannot run: see " + String.join(", ", missing),
              "put right what is missing above");
    }
    String micro = "micro-VMs (hvf) are not in this version yet";
    boolean hvfWanted = host.mac() || defaultKind.equals("hvf");
    Finding hvf =
        hvfWanted
            ? Finding.missing(
                "sandbox hvf",
                micro,
                host.mac()
                    ? "pods run on Linux for now; the rest of beagle builds and is tested here"
                    : "set sandbox.default to namespaces")
            : Finding.note("sandbox hvf", micro + "; they are for macOS", "");
    return List.of(namespaces, hvf);
  }
}
