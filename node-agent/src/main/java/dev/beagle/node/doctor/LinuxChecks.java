package dev.beagle.node.doctor;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.Host;
import dev.beagle.node.doctor.CommandRunner.Outcome;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the {@code namespaces} sandbox needs of a Linux host. Mounts are tried for real, each in a
 * mount namespace of its own that ends with the attempt.
 */
final class LinuxChecks {
  private final Host host;
  private final Path proc;
  private final Path devices;
  private final CommandRunner commands;
  private final Doctor.MountAttempt erofs;

  LinuxChecks(
      Host host, Path proc, Path devices, CommandRunner commands, Doctor.MountAttempt erofs) {
    this.host = host;
    this.proc = proc;
    this.devices = devices;
    this.commands = commands;
    this.erofs = erofs;
  }

  /**
   * @param disk an existing folder of the file system that images will lie on
   */
  List<Finding> all(Path disk, String ociRuntime) {
    List<Finding> findings = new ArrayList<>();
    findings.add(cgroups());
    findings.add(overlay());
    findings.add(erofs(disk));
    findings.add(tun());
    findings.addAll(ociRuntimes(ociRuntime));
    return findings;
  }

  private Finding cgroups() {
    try {
      CgroupLayout layout = CgroupLayout.of(Files.readAllLines(proc.resolve("self/mountinfo")));
      return layout.none()
          ? Finding.missing(
              "cgroups", "none mounted", "mount -t cgroup2 none /sys/fs/cgroup, as root")
          : Finding.ok("cgroups", layout.name());
    } catch (IOException error) {
      return Finding.missing("cgroups", "cannot read mountinfo: " + error.getMessage(), "");
    }
  }

  private Finding overlay() {
    if (!host.root()) {
      return untried("overlay");
    }
    Outcome outcome =
        inMountNamespace(
            "mount -t tmpfs none \"$1\" && cd \"$1\" && mkdir l u w m"
                + " && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none m",
            host.temporary().toString());
    return outcome.succeeded()
        ? Finding.ok("overlay", "mounts")
        : Finding.missing(
            "overlay", "does not mount: " + outcome.lastLine(), "modprobe overlay, as root");
  }

  private Finding erofs(Path disk) {
    if (!host.root()) {
      return untried("EROFS");
    }
    Path folder;
    try {
      folder = Files.createTempDirectory(disk, "beagle-doctor");
    } catch (IOException error) {
      return Finding.missing(
          "EROFS",
          "no temporary folder in " + disk + ": " + error.getMessage(),
          "make it writable");
    }
    Path image = folder.resolve("empty.erofs");
    Path target = folder.resolve("mounted");
    try {
      Files.write(image, EmptyErofs.image());
      Files.createDirectory(target);
      return switch (erofs.attempt(image, target)) {
        case FILE -> Finding.ok("EROFS", "mounts from files in " + disk);
        case LOOP -> Finding.ok("EROFS", "mounts by loop devices in " + disk);
      };
    } catch (Failure failure) {
      return Finding.missing(
          "EROFS", failure.reason(), "modprobe -a erofs loop, as root (Linux 5.4 or later)");
    } catch (IOException error) {
      return Finding.missing("EROFS", "cannot be tried: " + error.getMessage(), "");
    } finally {
      remove(image, target, folder);
    }
  }

  private Finding tun() {
    Path device = devices.resolve("net/tun");
    if (!Files.exists(device)) {
      return Finding.missing("TUN", device + " is not there", "modprobe tun, as root");
    }
    if (!host.root()) {
      return untried("TUN");
    }
    try (FileOutputStream opened = new FileOutputStream(device.toFile())) {
      return opened.getFD().valid()
          ? Finding.ok("TUN", device + " opens")
          : Finding.missing("TUN", device + " does not open", "modprobe tun, as root");
    } catch (IOException error) {
      return Finding.missing(
          "TUN",
          "does not open: " + error.getMessage(),
          "modprobe tun, as root; in a container: --device /dev/net/tun");
    }
  }

  private List<Finding> ociRuntimes(String configured) {
    List<Finding> findings = new ArrayList<>();
    Outcome wanted = commands.run(List.of(configured, "--version"));
    findings.add(
        wanted.succeeded()
            ? Finding.ok("OCI runtime", wanted.firstLine())
            : Finding.missing(
                "OCI runtime",
                configured + ": " + wanted.firstLine(),
                "apt install crun, or set sandbox.ociRuntime"));
    if (!configured.equals("runc")) {
      Outcome other = commands.run(List.of("runc", "--version"));
      if (other.succeeded()) {
        findings.add(Finding.note("OCI runtime", other.firstLine() + " is there too", ""));
      }
    }
    return findings;
  }

  private Finding untried(String check) {
    return Finding.note(check, "not tried: needs root", "sudo ./beagle doctor tries it");
  }

  private Outcome inMountNamespace(String script, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"));
    command.addAll(List.of(arguments));
    return commands.run(command);
  }

  private static void remove(Path... paths) {
    for (Path path : paths) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException left) {
        // a temporary folder that cannot be emptied is the host's to clean; the finding matters
        // more
      }
    }
  }
}
