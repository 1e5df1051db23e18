package dev.beagle.node.config;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The installed version that this process runs from, and how another process of the same version is
 * started. An installed version is one folder: {@code lib/} with the jars (the class path of every
 * process is {@code lib/node-agent-VERSION.jar}, whose manifest names the rest), {@code node.aot}
 * and {@code switch.aot} (what the JVM remembers of a training run). The folder stays while a
 * process runs from it, so a running process never misses a class after an upgrade.
 *
 * @param java the {@code java} executable
 * @param classPath as given to {@code -cp}
 * @param folder the version's folder; absent when running from class folders (tests, an IDE)
 */
public record Installation(Path java, String classPath, Optional<Path> folder) {
  /** How a JVM is tuned. */
  public enum Profile {
    /** Starts fast and stays small: command line, switch, machine processes. */
    LEAN,
    /** Lives long and computes: the daemon. */
    FULL;

    private List<String> flags() {
      return switch (this) {
        case LEAN -> List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        case FULL -> List.of("-XX:+UseSerialGC");
      };
    }
  }

  /** What any process of ours needs: JNA's and Netty's native access without warnings. */
  private static final List<String> COMMON_FLAGS =
      List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

  /** The version that this class was loaded from. */
  public static Installation current() {
    Path java = Path.of(System.getProperty("java.home", "/"), "bin", "java");
    Path origin =
        Path.of(
            URI.create(
                Installation.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    if (!origin.toString().endsWith(".jar")) {
      return new Installation(java, System.getProperty("java.class.path", ""), Optional.empty());
    }
    return new Installation(
        java, origin.toString(), Optional.ofNullable(origin.getParent()).map(Path::getParent));
  }

  /** The daemon and the command line: {@code node.aot}, where the build made it. */
  public Optional<Path> nodeCache() {
    return cache("node.aot");
  }

  /** The switch: {@code switch.aot}, where the build made it. */
  public Optional<Path> switchCache() {
    return cache("switch.aot");
  }

  /**
   * The command line that starts a process of this version.
   *
   * @param mainClass fully qualified
   * @param cache an AOT cache of this folder; the JVM goes on without one that does not fit
   * @param extraFlags further JVM flags, for instance a heap limit
   * @param arguments what the main class is given
   */
  public List<String> command(
      Profile profile,
      String mainClass,
      Optional<Path> cache,
      List<String> extraFlags,
      List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    cache.ifPresent(file -> command.add("-XX:AOTCache=" + file));
    command.addAll(profile.flags());
    command.addAll(COMMON_FLAGS);
    command.addAll(extraFlags);
    command.add("-cp");
    command.add(classPath);
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }

  private Optional<Path> cache(String name) {
    return folder.map(path -> path.resolve(name)).filter(Files::isRegularFile);
  }
}
