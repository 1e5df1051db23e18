package dev.beagle.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * Removes what a node that failed its test left behind, so that the next test starts from nothing.
 */
final class Leftovers {
  private Leftovers() {}

  /**
   * Ends every process of this machine but the JVM's own family, then unmounts what is below a
   * folder.
   */
  static void end(Path folder) {
    List<ProcessHandle> left =
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != 1)
            .filter(process -> process.pid() != ProcessHandle.current().pid())
            .filter(process -> !Processes.registry(process))
            .toList();
    left.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle process : left) {
      process
          .onExit()
          .orTimeout(5, java.util.concurrent.TimeUnit.SECONDS)
          .exceptionally(e -> process)
          .join();
    }
    List<String> points = Mounts.points();
    for (String point : points.reversed()) {
      if (point.startsWith(folder.toString())) {
        Command.run(List.of("umount", "--lazy", point), Duration.ofSeconds(10), "");
      }
    }
    removeCgroups(String.valueOf(folder.getFileName()));
  }

  /**
   * The parent that {@link Config} gave the node's pods, in every hierarchy: a runtime keeps it, as
   * it is not its own.
   */
  private static void removeCgroups(String parent) {
    for (Path path :
        Folders.tree(Path.of("/sys/fs/cgroup")).stream()
            .sorted(Comparator.reverseOrder())
            .toList()) {
      if (path.toString().matches("/sys/fs/cgroup/.*" + parent + "(/.*)?")
          && Files.isDirectory(path)) {
        try {
          Files.delete(path);
        } catch (IOException e) {
          System.err.println("e2e: " + path + " stays: " + e.getMessage());
        }
      }
    }
  }
}
