package dev.beagle.node.config;

import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Who runs us and where: what decides defaults. Immutable; tests make their own.
 *
 * @param platform the system and the processor
 * @param user the login name
 * @param root whether we may do what root may
 * @param home the user's home folder
 * @param workingFolder what relative paths on the command line start from
 * @param temporary the folder for temporary files
 * @param javaHome the JDK or JRE that this process runs on
 * @param environment the environment's variables
 */
public record Host(
    HostPlatform platform,
    String user,
    boolean root,
    Path home,
    Path workingFolder,
    Path temporary,
    Path javaHome,
    Map<String, String> environment) {
  public Host {
    environment = Map.copyOf(environment);
  }

  /** This machine and this user. */
  public static Host current() {
    String user = System.getProperty("user.name", "unknown");
    return new Host(
        HostPlatform.current(),
        user,
        effectiveRoot(user),
        Path.of(System.getProperty("user.home", "/")),
        Path.of(System.getProperty("user.dir", "/")),
        Path.of(System.getProperty("java.io.tmpdir", "/tmp")),
        Path.of(System.getProperty("java.home", "/")),
        System.getenv());
  }

  public boolean mac() {
    return platform.mac();
  }

  public boolean linux() {
    return platform.linux();
  }

  /** The most bytes that the path of a Unix socket may have here, without the ending zero. */
  public int socketPathLimit() {
    return mac() ? 103 : 107;
  }

  /** Where images and what survives a reboot lie unless configured. */
  public Path defaultRoot() {
    if (mac()) {
      return home.resolve("Library/Application Support/beagle");
    }
    return root ? Path.of("/var/lib/beagle") : home.resolve(".local/share/beagle");
  }

  /** Where sockets and what does not survive a reboot lie unless configured. */
  public Path defaultRun() {
    if (mac()) {
      return home.resolve(".beagle/run");
    }
    if (root) {
      return Path.of("/run/beagle");
    }
    String runtimeDir = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return runtimeDir.isEmpty() ? home.resolve(".beagle/run") : Path.of(runtimeDir, "beagle");
  }

  private static boolean effectiveRoot(String user) {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException | UnsupportedOperationException noProc) {
      return user.equals("root");
    }
  }
}
