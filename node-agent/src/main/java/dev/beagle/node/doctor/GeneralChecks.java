package dev.beagle.node.doctor;

import dev.beagle.node.config.Host;
import dev.beagle.node.output.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What matters on every system. */
final class GeneralChecks {
  private static final long ENOUGH_BYTES = 5L << 30;
  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_SYS_ADMIN = 21;

  private final Host host;
  private final Path proc;

  GeneralChecks(Host host, Path proc) {
    this.host = host;
    this.proc = proc;
  }

  Finding system(CommandRunner commands) {
    String release = commands.run(List.of("uname", "-sr")).firstLine();
    if (host.linux() || host.mac()) {
      return Finding.ok("system", release + " " + host.platform().architecture());
    }
    return Finding.missing("system", host.platform().system(), "Beagle runs on macOS and Linux");
  }

  Finding jdk() {
    return Finding.ok("JDK", Runtime.version() + " (" + host.javaHome() + ")");
  }

  Finding user() {
    if (host.mac()) {
      return Finding.ok("user", host.user());
    }
    if (!host.root()) {
      return Finding.missing(
          "user", host.user() + ", not root", "run the daemon as root: sudo ./beagle daemon");
    }
    Optional<Long> capabilities = effectiveCapabilities();
    if (capabilities.isPresent()
        && (!has(capabilities.get(), CAP_SYS_ADMIN) || !has(capabilities.get(), CAP_NET_ADMIN))) {
      return Finding.missing(
          "user",
          "root, but without the capability to mount or to make networks (a container?)",
          "run in a privileged container or on the host");
    }
    return Finding.ok("user", "root");
  }

  Finding disk(Path root) {
    try {
      long free = Files.getFileStore(existing(root)).getUsableSpace();
      String detail = Units.bytes(free) + " free for " + root;
      return free >= ENOUGH_BYTES
          ? Finding.ok("disk", detail)
          : Finding.note("disk", detail, "images need room: free some, or name another --root");
    } catch (IOException error) {
      return Finding.note("disk", "cannot tell for " + root + ": " + error.getMessage(), "");
    }
  }

  /** The folder itself or the nearest one above it that exists. */
  static Path existing(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }

  private Optional<Long> effectiveCapabilities() {
    try {
      return Files.readAllLines(proc.resolve("self/status")).stream()
          .filter(line -> line.startsWith("CapEff:"))
          .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
          .findFirst();
    } catch (IOException | NumberFormatException unknown) {
      return Optional.empty();
    }
  }

  private static boolean has(long set, int capability) {
    return (set >>> capability & 1) != 0;
  }
}
