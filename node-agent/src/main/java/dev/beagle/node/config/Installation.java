package dev.beagle.node.config;

import dev.beagle.failure.Failure;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The installed version that this process runs from, and how another process of the same version is
 * started. An installed version is one folder: {@code lib/} with the jars (the class path of every
 * process is {@code lib/node-agent-VERSION.jar}, whose manifest names the rest), {@code node.aot},
 * {@code switch.aot} and {@code machine.aot} (what the JVM remembers of a training run). The folder
 * stays while a process runs from it, so a running process never misses a class after an upgrade.
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
        case LEAN -> List.of("-XX:TieredStopAtLevel=1");
        // A young generation that fits what lives; else it is 1/192 of the machine, and resident.
        // A daemon without memory is started anew, and its pods are there.
        case FULL -> List.of("-Xms24m", "-Xmn12m", "-XX:+ExitOnOutOfMemoryError");
      };
    }
  }

  /**
   * What any process of ours needs: the heap's layout, which the AOT caches were trained with, and
   * JNA's and Netty's native access without warnings.
   */
  private static final List<String> COMMON_FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /**
   * The version that this process was started from, by its class path: one jar is an installed
   * version, anything else is a run from class folders. The origin of a class would not do: one
   * that comes from an AOT cache names the jar that the cache was trained with, which in a copied
   * folder is that of the original.
   *
   * @throws Failure CORRUPTED if the class path is one file that does not exist
   */
  public static Installation current() {
    return of(
        Path.of(System.getProperty("java.home", "/"), "bin", "java"),
        System.getProperty("java.class.path", ""));
  }

  static Installation of(Path java, String classPath) {
    List<Path> entries =
        Stream.of(classPath.split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toAbsolutePath())
            .toList();
    Path first = entries.getFirst();
    if (entries.size() > 1 || Files.isDirectory(first)) {
      String absolute =
          entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
      return new Installation(java, absolute, Optional.empty());
    }
    if (!first.toString().endsWith(".jar") || !Files.isRegularFile(first)) {
      throw Failure.corrupted(
          "the class path of this process, "
              + first
              + ", is not a jar that exists: the installation was moved or removed; start it anew"
              + " from where it is now");
    }
    return new Installation(
        java, first.toString(), Optional.ofNullable(first.getParent()).map(Path::getParent));
  }

  /** The daemon and the command line: {@code node.aot}, where the build made it. */
  public Optional<Path> nodeCache() {
    return cache("node.aot");
  }

  /** The switch: {@code switch.aot}, where the build made it. */
  public Optional<Path> switchCache() {
    return cache("switch.aot");
  }

  /** The process of a machine: {@code machine.aot}, where the build could boot one. */
  public Optional<Path> machineCache() {
    return cache("machine.aot");
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
