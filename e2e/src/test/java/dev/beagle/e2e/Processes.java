package dev.beagle.e2e;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The processes of the tests' machine. */
final class Processes {
  private Processes() {}

  /**
   * A process as it was when looked at. {@code command} is its arguments joined by spaces, or its
   * name in brackets.
   */
  record Seen(long pid, String name, String command) {}

  /** All but the JVM, the shell above it and registries. A zombie counts: somebody forgot it. */
  static List<Seen> all() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != 1 && process.pid() != ProcessHandle.current().pid())
        .filter(process -> !registry(process))
        .map(process -> look(process.pid()))
        .filter(seen -> !seen.name().isEmpty())
        .toList();
  }

  static List<Seen> matching(Predicate<Seen> wanted) {
    return all().stream().filter(wanted).toList();
  }

  /** The youngest process that is wanted, if there is one just now. */
  static Optional<Seen> newest(Predicate<Seen> wanted) {
    String[] names = new File("/proc").list((folder, name) -> Character.isDigit(name.charAt(0)));
    if (names == null) {
      throw new IllegalStateException("/proc cannot be read");
    }
    return Arrays.stream(names)
        .map(Long::valueOf)
        .sorted(Comparator.reverseOrder())
        .map(Processes::look)
        .filter(wanted)
        .findFirst();
  }

  /** The agents, one a sandbox; of the peer its shims. */
  static List<Seen> agents() {
    return matching(
        seen -> seen.name().contains("agent") || seen.name().contains("containerd-shim"));
  }

  /** The switch: a Java program, told by its first argument. */
  static List<Seen> switches() {
    return matching(
        seen -> (" " + seen.command() + " ").matches(".*[ .]([Ss]witch|switch|SwitchMain) .*"));
  }

  /** SIGKILL, and waits until the process is no more. */
  static void kill(long pid) {
    ProcessHandle.of(pid)
        .ifPresent(process -> {
          process.destroyForcibly();
          process.onExit().join();
        });
  }

  /** Stops a process where it stands, or lets it go on: {@code STOP}, {@code CONT}. */
  static void signal(long pid, String name) {
    Command.run(List.of("kill", "-" + name, Long.toString(pid)), Command.LIMIT, "");
  }

  static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  static boolean registry(ProcessHandle process) {
    return look(process.pid()).name().startsWith("docker-registry");
  }

  private static Seen look(long pid) {
    Path folder = Path.of("/proc", Long.toString(pid));
    try {
      String name = Files.readString(folder.resolve("comm")).strip();
      String command =
          new String(Files.readAllBytes(folder.resolve("cmdline")), StandardCharsets.UTF_8)
              .replace('\0', ' ')
              .strip();
      return new Seen(pid, name, command.isEmpty() ? "[" + name + "]" : command);
    } catch (IOException e) {
      return new Seen(pid, "", "");
    }
  }
}
