package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxName;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.posix.FreeInodes;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * What an operator should know of a node that a kubelet may well go on using: the CRI's conditions
 * say whether pods can be run, and a kubelet that is told otherwise drains the node. Thread-safe.
 */
final class NodeHealth {
  private static final int FULL_PERCENT = 5;
  private static final long FULL_BYTES = 1L << 30;
  private static final long FEW_INODES = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final long MEBIBYTE = 1L << 20;

  private final Path root;
  private final Path run;
  private final CriObjects objects;
  private final NodeSigns signs;

  /**
   * @param root where images and writable layers are
   * @param run where records are
   */
  NodeHealth(Path root, Path run, CriObjects objects, NodeSigns signs) {
    this.root = root;
    this.run = run;
    this.objects = objects;
    this.signs = signs;
  }

  /**
   * Something that is not as it should be.
   *
   * @param reason one word, for programs
   * @param message for people
   */
  record Problem(String reason, String message) {}

  /** Asks every agent, all at once: two seconds where one does not answer. */
  List<Problem> problems() {
    List<Problem> problems = new ArrayList<>(fullDisks());
    List<Callable<Optional<Problem>>> questions = new ArrayList<>();
    questions.add(this::hostInterface);
    for (Sandbox sandbox : objects.sandboxes()) {
      questions.add(() -> silence(sandbox));
    }
    Tasks.all(questions).forEach(problem -> problem.ifPresent(problems::add));
    signs
        .undeletedFiles()
        .get()
        .forEach((tree, why) ->
            problems.add(
                new Problem(
                    "FilesUndeleted",
                    "what a removed container wrote to %s cannot be deleted: %s; it is tried again"
                            .formatted(tree, why)
                        + " every 10 minutes at the latest")));
    for (Path record : signs.damagedRecords().get()) {
      problems.add(
          new Problem(
              "RecordDamaged",
              "record "
                  + record
                  + " was damaged; what it spoke of was ended; the file goes with the next start"));
    }
    return problems;
  }

  private Optional<Problem> hostInterface() {
    return signs
        .hostInterfaceProblem()
        .get()
        .map(why ->
            new Problem(
                "HostInterfaceSilent",
                "pods cannot be dialled from this machine, the agent of its interface does not"
                    + " answer: "
                    + why
                    + "; it is replaced soon"));
  }

  private static Optional<Problem> silence(Sandbox sandbox) {
    if (!(sandbox.state() instanceof SandboxState.Ready)) {
      return Optional.empty();
    }
    try {
      sandbox.ping(PATIENCE);
      return Optional.empty();
    } catch (Failure failure) {
      // Nothing is wrong where it has just ended.
      return sandbox.state() instanceof SandboxState.Ready
              && failure.kind() != FailureKind.CANCELLED
          ? Optional.of(silent(sandbox, failure))
          : Optional.empty();
    }
  }

  private static Problem silent(Sandbox sandbox, Failure why) {
    return new Problem(
        "AgentSilent",
        "the agent of pod %s (%s) does not answer: %s; remove the pod to end it"
            .formatted(shown(sandbox.spec().name()), sandbox.id().shortForm(), why.reason()));
  }

  private List<Problem> fullDisks() {
    List<Problem> problems = new ArrayList<>();
    String wayOut = "remove images that are not needed (beagle rmi) or make room there";
    try {
      addFull(problems, root, wayOut);
      // Folders on one file system fill it together.
      if (!Files.getFileStore(root).equals(Files.getFileStore(run))) {
        addFull(problems, run, "make room there");
      }
    } catch (IOException error) {
      problems.add(new Problem("DiskFailed", "a file system of this node: " + error));
    }
    return problems;
  }

  private static void addFull(List<Problem> problems, Path disk, String wayOut) throws IOException {
    FileStore store = Files.getFileStore(disk);
    long free = store.getUsableSpace();
    if (isFull(free, store.getTotalSpace())) {
      problems.add(full(disk, free / MEBIBYTE + " MiB", wayOut));
    }
    FreeInodes.of(disk)
        .filter(inodes -> hasFewInodes(inodes.free(), inodes.total()))
        .ifPresent(few -> problems.add(full(disk, few.free() + " inodes (files)", wayOut)));
  }

  private static Problem full(Path disk, String left, String wayOut) {
    return new Problem(
        "DiskFull", "the file system of %s has %s free; %s".formatted(disk, left, wayOut));
  }

  /** Less than a twentieth, and on large file systems less than 1 GiB: pulls stop before. */
  static boolean isFull(long freeBytes, long totalBytes) {
    return freeBytes < Math.min(FULL_BYTES, totalBytes / 100 * FULL_PERCENT);
  }

  /** Less than a twentieth, and on large file systems less than ten thousand. */
  static boolean hasFewInodes(long free, long total) {
    return free < Math.min(FEW_INODES, total / 100 * FULL_PERCENT);
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
