package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxName;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What an operator should know of a node that a kubelet may well go on using: the CRI's conditions
 * say whether pods can be run, and a kubelet that is told otherwise drains the node. Thread-safe.
 */
final class NodeHealth {
  private static final int FULL_PERCENT = 5;
  private static final long FULL_BYTES = 1L << 30;
  private static final long MEBIBYTE = 1L << 20;

  private final List<Path> disks;
  private final CriObjects objects;
  private final StatsCalls stats;
  private final Supplier<List<Path>> damagedRecords;

  NodeHealth(
      List<Path> disks, CriObjects objects, StatsCalls stats, Supplier<List<Path>> damagedRecords) {
    this.disks = List.copyOf(disks);
    this.objects = objects;
    this.stats = stats;
    this.damagedRecords = damagedRecords;
  }

  /**
   * Something that is not as it should be.
   *
   * @param reason one word, for programs
   * @param message for people
   */
  record Problem(String reason, String message) {}

  /** Asks every agent whose containers run: two seconds where one does not answer. */
  List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    addFullDisks(problems);
    stats.silent().forEach((sandbox, reason) -> problems.add(silent(sandbox, reason)));
    for (Path record : damagedRecords.get()) {
      problems.add(
          new Problem(
              "RecordDamaged",
              "record "
                  + record
                  + " was damaged; what it spoke of was ended; the file goes with the next start"));
    }
    return problems;
  }

  /** Folders on one file system fill it together. */
  private void addFullDisks(List<Problem> problems) {
    Set<FileStore> seen = new HashSet<>();
    disks.forEach(disk -> addFull(problems, disk, seen));
  }

  private static void addFull(List<Problem> problems, Path disk, Set<FileStore> seen) {
    try {
      FileStore store = Files.getFileStore(disk);
      long free = store.getUsableSpace();
      if (seen.add(store) && isFull(free, store.getTotalSpace())) {
        problems.add(
            new Problem(
                "DiskFull",
                "the file system of %s has %d MiB free; remove images that are not needed"
                        .formatted(disk, free / MEBIBYTE)
                    + " (beagle rmi) or make room there"));
      }
    } catch (IOException error) {
      problems.add(
          new Problem("DiskFailed", "the file system of " + disk + ": " + error.getMessage()));
    }
  }

  /** Less than a twentieth, and on large file systems less than 1 GiB: pulls stop before. */
  static boolean isFull(long freeBytes, long totalBytes) {
    return freeBytes < Math.min(FULL_BYTES, totalBytes / 100 * FULL_PERCENT);
  }

  private Problem silent(SandboxId id, Failure why) {
    String name =
        objects
            .findSandbox(id.value())
            .map(sandbox -> shown(sandbox.spec().name()))
            .orElse("that ended");
    return new Problem(
        "AgentSilent",
        "the agent of pod %s (%s) does not answer: %s; remove the pod to end it"
            .formatted(name, id.shortForm(), why.reason()));
  }

  private static String shown(SandboxName name) {
    return name.namespace() + "/" + name.name();
  }

  /** As {@code info} of a verbose Status shows them. */
  String json() {
    return VerboseInfo.json(
        problems().stream()
            .map(problem -> Map.of("reason", problem.reason(), "message", problem.message()))
            .toList());
  }
}
