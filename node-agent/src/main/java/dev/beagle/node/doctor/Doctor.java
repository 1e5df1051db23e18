package dev.beagle.node.doctor;

import dev.beagle.node.config.Host;
import dev.beagle.node.config.NodeConfig.SandboxConfig;
import dev.beagle.node.doctor.Finding.Verdict;
import dev.beagle.runtime.hypervisor.hvf.HvfHypervisor;
import dev.beagle.runtime.microvm.MicroVmKind;
import dev.beagle.runtime.microvm.MicroVmRequirements;
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
  private final LibraryProblem library;

  Doctor(
      Host host,
      Path proc,
      Path devices,
      CommandRunner commands,
      MountAttempt erofs,
      LibraryProblem library) {
    this.host = host;
    this.proc = proc;
    this.devices = devices;
    this.commands = commands;
    this.erofs = erofs;
    this.library = library;
  }

  /** For this machine. */
  public static Doctor of(Host host) {
    return new Doctor(
        host,
        Path.of("/proc"),
        Path.of("/dev"),
        new HostCommands(),
        Doctor::mountAndUnmount,
        HvfHypervisor::problemOf);
  }

  /**
   * All findings, sandbox kinds last, for they follow from the others.
   *
   * @param root the folder for images, whose disk is looked at; need not exist
   */
  public List<Finding> examine(Path root, SandboxConfig sandbox) {
    List<Finding> findings = new ArrayList<>();
    GeneralChecks general = new GeneralChecks(host, proc);
    findings.add(general.system(commands));
    findings.add(general.jdk());
    findings.add(general.user());
    findings.add(general.disk(root));
    if (host.linux()) {
      findings.addAll(
          new LinuxChecks(host, proc, devices, commands, erofs)
              .all(GeneralChecks.existing(root), sandbox.ociRuntime()));
    }
    findings.addAll(kinds(findings, sandbox));
    return findings;
  }

  /** Mounts an EROFS image on a folder and takes it away again; says how it was done. */
  @FunctionalInterface
  interface MountAttempt {
    ErofsBacking attempt(Path image, Path target);
  }

  /** Why a library cannot stand in for Hypervisor.framework; empty where it can. */
  @FunctionalInterface
  interface LibraryProblem {
    String of(Path library);
  }

  private static ErofsBacking mountAndUnmount(Path image, Path target) {
    ErofsBacking backing = Mounts.mountErofs(image, target);
    Mounts.unmount(target);
    return backing;
  }

  private List<Finding> kinds(List<Finding> found, SandboxConfig sandbox) {
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
    return List.of(namespaces, microVms(sandbox));
  }

  private Finding microVms(SandboxConfig sandbox) {
    String check = "sandbox hvf";
    if (host.mac()) {
      return Finding.missing(
          check,
          "micro-VMs have run on a simulated Hypervisor.framework only",
          "pods run on Linux for now; the rest of beagle builds and is tested here");
    }
    String problem =
        MicroVmRequirements.problem(
            host.platform(), sandbox.guestImage(), sandbox.hypervisorLibrary());
    if (problem.isEmpty()) {
      Path emulator = sandbox.hypervisorLibrary().orElseThrow();
      problem = library.of(emulator);
      if (problem.isEmpty()) {
        return Finding.ok(check, "runs here, emulated by " + emulator);
      }
      problem = "%s (sandbox.hypervisorLibrary): %s".formatted(emulator, problem);
    }
    return sandbox.defaultKind().equals(MicroVmKind.NAME)
        ? Finding.missing(
            check,
            problem,
            "./beagle demo --sandbox hvf builds both; or set sandbox.default to namespaces")
        : Finding.note(check, problem, "./beagle demo --sandbox hvf builds what it needs");
  }
}
