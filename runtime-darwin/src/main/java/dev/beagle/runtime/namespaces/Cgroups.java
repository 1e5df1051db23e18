package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostProcesses;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cgroups of this host, whichever layout it has: v2 alone, v1, or both (hybrid). A path is the
 * same in every hierarchy and starts with a slash. Thread-safe.
 */
final class Cgroups {
  private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);

  /** v1 controllers that account for and limit what the agent itself uses. */
  private static final Set<String> AGENT_CONTROLLERS = Set.of("memory", "pids", "cpu");

  private static final Duration KILL_LIMIT = Duration.ofSeconds(20);
  private static final Duration KILL_PAUSE = Duration.ofMillis(2);

  /** Far longer than an agent takes from its cgroup's creation to joining it. */
  private static final Duration JOIN_PAUSE = Duration.ofMillis(300);

  private final List<Hierarchy> hierarchies;
  private final Time time;

  private Cgroups(List<Hierarchy> hierarchies, Time time) {
    this.hierarchies = List.copyOf(hierarchies);
    this.time = time;
  }

  /**
   * @param controllers of v1; empty for v2 and for named hierarchies
   */
  private record Hierarchy(Path root, boolean v2, Set<String> controllers) {}

  /** Reads the layout from this process's mounts. */
  public static Cgroups detect(Time time) {
    try {
      return parse(
          Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1), time);
    } catch (IOException error) {
      throw Failure.internal("cannot read /proc/self/mountinfo", error);
    }
  }

  static Cgroups parse(List<String> mountinfo, Time time) {
    List<Hierarchy> found = new ArrayList<>();
    for (String line : mountinfo) {
      int separator = line.indexOf(" - ");
      if (separator < 0) {
        continue;
      }
      String[] before = line.substring(0, separator).split(" ", -1);
      String[] after = line.substring(separator + 3).split(" ", -1);
      Path root = Path.of(before[4]);
      if (after[0].equals("cgroup2")) {
        found.add(new Hierarchy(root, true, Set.of()));
      } else if (after[0].equals("cgroup") && after.length > 2) {
        found.add(new Hierarchy(root, false, Set.of(after[2].split(",", -1))));
      }
    }
    return new Cgroups(found, time);
  }

  /** cgroup v2 and nothing else. */
  public boolean unified() {
    return hierarchies.stream().anyMatch(Hierarchy::v2)
        && hierarchies.stream().allMatch(Hierarchy::v2);
  }

  /** {@code v2}, {@code v1}, {@code hybrid} or {@code none}. */
  public String layout() {
    if (hierarchies.isEmpty()) {
      return "none";
    }
    return unified() ? "v2" : hierarchies.stream().anyMatch(Hierarchy::v2) ? "hybrid" : "v1";
  }

  /**
   * Makes a cgroup for an agent.
   *
   * @return the folders that the agent joins
   */
  List<Path> createForAgent(String path) {
    List<Path> folders = new ArrayList<>();
    for (Hierarchy hierarchy : hierarchies) {
      boolean wanted =
          hierarchy.v2()
              ? unified()
              : hierarchy.controllers().stream().anyMatch(AGENT_CONTROLLERS::contains);
      if (wanted) {
        folders.add(create(hierarchy, path));
      }
    }
    return folders;
  }

  private static Path create(Hierarchy hierarchy, String path) {
    try {
      try {
        return createOnce(hierarchy, path);
      } catch (NoSuchFileException swept) {
        // Another node's start removes parents that are empty for a moment.
        return createOnce(hierarchy, path);
      }
    } catch (IOException error) {
      throw Failure.internal(
          "cannot create cgroup " + path + " in " + hierarchy.root() + ": " + error.getMessage(),
          error);
    }
  }

  private static Path createOnce(Hierarchy hierarchy, String path) throws IOException {
    Path folder = hierarchy.root();
    for (Path name : Path.of("/").relativize(Path.of(path))) {
      if (hierarchy.v2()) {
        delegate(folder);
      }
      folder = folder.resolve(name);
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(folder);
      }
    }
    return folder;
  }

  /** Lets children of a v2 cgroup have its controllers; one that holds processes may refuse. */
  private static void delegate(Path folder) {
    Path control = folder.resolve("cgroup.subtree_control");
    try {
      Set<String> available = words(folder.resolve("cgroup.controllers"));
      available.removeAll(words(control));
      for (String controller : available) {
        Files.writeString(control, "+" + controller);
      }
    } catch (IOException error) {
      LOG.debug("controllers of {} are not delegated: {}", folder, error.getMessage());
    }
  }

  private static Set<String> words(Path file) throws IOException {
    Set<String> words = new LinkedHashSet<>();
    for (String word : Files.readString(file).trim().split("\\s+", -1)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }

  /** Names of the cgroups right below a path, in any hierarchy. */
  Set<String> children(String path) {
    Set<String> names = new LinkedHashSet<>();
    for (Hierarchy hierarchy : hierarchies) {
      try (Stream<Path> folders = Files.list(resolve(hierarchy, path))) {
        folders.filter(Files::isDirectory).forEach(f -> names.add(f.getFileName().toString()));
      } catch (IOException none) {
        LOG.debug("no cgroup {} in {}", path, hierarchy.root());
      }
    }
    return names;
  }

  /** Removes a cgroup from every hierarchy where it has no children and no processes. */
  void removeEmpty(String path) {
    requireNormal(path);
    for (Hierarchy hierarchy : hierarchies) {
      Path folder = resolve(hierarchy, path);
      try {
        Files.deleteIfExists(folder);
      } catch (IOException inUse) {
        LOG.debug("cgroup {} stays: {}", folder, inUse.getMessage());
      }
    }
  }

  /**
   * Removes the trees right below a path in which there is no process, in any hierarchy. Looks
   * twice, so that the tree of a node that is just starting its first agent stays.
   */
  void removeAbandoned(String path) {
    List<String> suspects = uninhabited(path, children(path));
    if (suspects.isEmpty()) {
      return;
    }
    pause(JOIN_PAUSE);
    for (String abandoned : uninhabited(path, suspects)) {
      trees(path, abandoned).forEach(Cgroups::removeEmptyTree);
    }
  }

  private List<String> uninhabited(String path, Collection<String> children) {
    return children.stream()
        .filter(child -> trees(path, child).stream().noneMatch(Cgroups::isInhabited))
        .toList();
  }

  private List<Path> trees(String path, String child) {
    String whole = path + "/" + child;
    requireNormal(whole);
    return hierarchies.stream().map(each -> resolve(each, whole)).toList();
  }

  /** Also by processes of other PID namespaces, which are listed as 0. */
  private static boolean isInhabited(Path tree) {
    try (Stream<Path> folders = Files.walk(tree)) {
      for (Path each : (Iterable<Path>) folders.filter(Files::isDirectory)::iterator) {
        Path processes = each.resolve("cgroup.procs");
        if (Files.exists(processes) && !Files.readString(processes).isBlank()) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException none) {
      return false;
    } catch (IOException | UncheckedIOException changing) {
      return true;
    }
  }

  private static void removeEmptyTree(Path tree) {
    try (Stream<Path> folders = Files.walk(tree)) {
      for (Path each : folders.filter(Files::isDirectory).toList().reversed()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException | UncheckedIOException inUse) {
      LOG.debug("cgroup {} stays: {}", tree, inUse.getMessage());
    }
  }

  /** Kills every process of these cgroups and their children, then removes them. */
  void killAndRemove(Collection<String> paths) {
    Deadline deadline = Deadline.after(time, KILL_LIMIT);
    for (String path : paths) {
      requireNormal(path);
    }
    while (killAll(paths)) {
      if (deadline.passed()) {
        throw Failure.timedOut("processes in cgroups " + paths + " do not die");
      }
      pause(KILL_PAUSE);
    }
    for (String path : paths) {
      for (Hierarchy hierarchy : hierarchies) {
        remove(resolve(hierarchy, path), deadline);
      }
    }
  }

  /** Whether it names a cgroup below the root. */
  static boolean isNormal(String path) {
    if (path.indexOf('\0') >= 0) {
      return false;
    }
    Path normal = Path.of(path).normalize();
    return path.startsWith("/") && normal.getNameCount() >= 1 && normal.toString().equals(path);
  }

  private static void requireNormal(String path) {
    if (!isNormal(path)) {
      throw Failure.invalidArgument("cgroup path " + path + " is not absolute and normal");
    }
  }

  private static Path resolve(Hierarchy hierarchy, String path) {
    return hierarchy.root().resolve(path.substring(1));
  }

  private void pause(Duration duration) {
    try {
      time.sleep(duration);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for processes of a cgroup");
    }
  }

  /** True when something was alive. */
  private boolean killAll(Collection<String> paths) {
    Set<Long> alive = new LinkedHashSet<>();
    for (String path : paths) {
      for (Hierarchy hierarchy : hierarchies) {
        alive.addAll(processes(resolve(hierarchy, path)));
      }
    }
    // A zombie stays in cgroup.procs of v1 until its parent reaps it, and needs no killing.
    alive.removeIf(HostProcesses::isZombie);
    for (long pid : alive) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    return !alive.isEmpty();
  }

  private static List<Long> processes(Path folder) {
    List<Long> found = new ArrayList<>();
    try (Stream<Path> folders = Files.walk(folder)) {
      for (Path each : (Iterable<Path>) folders.filter(Files::isDirectory)::iterator) {
        for (String line : Files.readAllLines(each.resolve("cgroup.procs"))) {
          if (!line.equals("0")) {
            found.add(Long.parseLong(line));
          }
        }
      }
    } catch (NoSuchFileException | UncheckedIOException gone) {
      return found;
    } catch (IOException error) {
      LOG.debug("processes of {}: {}", folder, error.getMessage());
    }
    return found;
  }

  private void remove(Path folder, Deadline deadline) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> folders = Files.walk(folder)) {
      deepestFirst = new ArrayList<>(folders.filter(Files::isDirectory).toList().reversed());
    } catch (IOException | UncheckedIOException gone) {
      return;
    }
    for (Path each : deepestFirst) {
      removeOne(each, deadline);
    }
  }

  /** A cgroup is busy for a moment after its last process has gone. */
  private void removeOne(Path folder, Deadline deadline) {
    while (true) {
      try {
        Files.deleteIfExists(folder);
        return;
      } catch (DirectoryNotEmptyException | NoSuchFileException gone) {
        return;
      } catch (FileSystemException busy) {
        if (deadline.passed()) {
          LOG.warn("cgroup {} cannot be removed: {}", folder, busy.getMessage());
          return;
        }
        pause(KILL_PAUSE);
      } catch (IOException error) {
        LOG.warn("cgroup {} cannot be removed", folder, error);
        return;
      }
    }
  }
}
