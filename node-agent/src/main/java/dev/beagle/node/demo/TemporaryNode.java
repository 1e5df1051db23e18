package dev.beagle.node.demo;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostProcesses;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.SinglePod;
import dev.beagle.node.config.Installation;
import dev.beagle.node.network.RouteConflict;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A daemon with root and run folder of its own under one temporary folder. It runs in a session of
 * its own, so that Ctrl-C reaches us only and we end it in order. Thread-safe.
 */
final class TemporaryNode {
  private static final String PREFIX = "beagle-demo-";

  /** Pod networks that a node of this host is unlikely to have already, but for other demos. */
  private static final String POD_NETWORK = "10.199.%d.0/24";

  private static final int POD_NETWORKS = 256;

  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final Duration END_LIMIT = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final int SHOWN_LOG_LINES = 5;
  private static final int NAME_ATTEMPTS = 100;

  private final Path folder;
  private final Time time;

  private TemporaryNode(Path folder, Time time) {
    this.folder = folder;
    this.time = time;
  }

  /** Makes the folder. */
  static TemporaryNode prepare(Path temporary, DemoSandbox sandbox, Time time) {
    try {
      Path folder = create(temporary);
      Files.writeString(
          folder.resolve("config.yaml"),
          "network:\n  podCidr: " + freePodNetwork() + "\n" + sandbox.yaml());
      Files.createDirectory(folder.resolve("logs"));
      return new TemporaryNode(folder, time);
    } catch (IOException error) {
      throw Failure.denied("no temporary folder in " + temporary + ": " + error.getMessage());
    }
  }

  private static String freePodNetwork() {
    return IntStream.range(0, POD_NETWORKS)
        .mapToObj(POD_NETWORK::formatted)
        .filter(RouteConflict::isFree)
        .findFirst()
        .orElseThrow(() -> Failure.exhausted("every network 10.199.*.0/24 is taken on this host"));
  }

  /** A short name, because people type it and sockets lie below it. */
  private static Path create(Path temporary) throws IOException {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    for (int attempt = 0; ; attempt++) {
      String suffix = HexFormat.of().toHexDigits((short) RandomGenerator.getDefault().nextInt());
      try {
        return Files.createDirectory(temporary.resolve(PREFIX + suffix), owner);
      } catch (FileAlreadyExistsException taken) {
        if (attempt == NAME_ATTEMPTS) {
          throw taken;
        }
      }
    }
  }

  /** One that an earlier demo left running. */
  static TemporaryNode existing(Path folder, Time time) {
    if (Files.isDirectory(folder) && !Files.isExecutable(folder)) {
      throw Failure.denied(folder + ": permission denied; this demo is root's, use sudo");
    }
    Path name = folder.getFileName();
    if (name == null
        || !name.toString().startsWith(PREFIX)
        || !Files.isRegularFile(folder.resolve("config.yaml"))) {
      throw Failure.invalidArgument(folder + " is no folder of a demo");
    }
    return new TemporaryNode(folder, time);
  }

  Path folder() {
    return folder;
  }

  Path runFolder() {
    return folder.resolve("run");
  }

  Path socket() {
    return runFolder().resolve("cri.sock");
  }

  Path logFolder() {
    return folder.resolve("logs");
  }

  /** Starts the daemon and waits for its ready line, which is returned in short. */
  String start(Installation installation) {
    List<String> command =
        Stream.concat(
                Stream.of("setsid"),
                installation
                    .command(
                        Installation.Profile.FULL,
                        "dev.beagle.node.Main",
                        installation.nodeCache(),
                        List.of(),
                        List.of(
                            "daemon",
                            "--root",
                            folder.resolve("root").toString(),
                            "--run",
                            runFolder().toString(),
                            "--config",
                            folder.resolve("config.yaml").toString(),
                            "--stop-pods"))
                    .stream())
            .toList();
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(readyFile().toFile())
              .redirectError(logFile().toFile())
              .start();
      Files.writeString(pidFile(), Long.toString(process.pid()));
      return awaitReady(process);
    } catch (IOException error) {
      throw Failure.internal("the daemon cannot be started: " + error.getMessage(), error);
    }
  }

  private String awaitReady(Process process) throws IOException {
    Deadline deadline = Deadline.after(time, START_LIMIT);
    while (true) {
      Optional<String> ready =
          Files.readAllLines(readyFile()).stream()
              .filter(line -> line.contains(" ready: "))
              .findFirst();
      if (ready.isPresent()) {
        return ready.get().replaceAll(".* ready: cri \\S+ \\((.*)\\) in .*", "$1");
      }
      if (!process.isAlive()) {
        throw Failure.internal("the daemon ended: " + lastLogLines());
      }
      if (deadline.passed()) {
        throw Failure.timedOut(
            "the daemon is not ready after " + START_LIMIT.toSeconds() + " s: " + lastLogLines());
      }
      pause();
    }
  }

  /** Ends the daemon, its pods with it, and removes the folder. Does nothing the second time. */
  synchronized String end() {
    if (!Files.exists(folder)) {
      return "";
    }
    try {
      if (Files.exists(pidFile())) {
        endProcess(Long.parseLong(Files.readString(pidFile()).strip()));
      }
      endRest();
      remove();
      return "";
    } catch (IOException | NumberFormatException error) {
      throw Failure.internal(
          "the demo's folder " + folder + " cannot be removed: " + error.getMessage(), error);
    }
  }

  /** Copies the daemon's log beside the folder, where there is one that says something. */
  Optional<Path> saveLog() {
    Path saved = folder.resolveSibling(folder.getFileName() + ".log");
    try {
      if (Files.exists(logFile()) && Files.size(logFile()) > 0) {
        return Optional.of(Files.copy(logFile(), saved));
      }
      return Optional.empty();
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  private void endProcess(long pid) {
    Optional<ProcessHandle> daemon =
        ProcessHandle.of(pid)
            .filter(ProcessHandle::isAlive)
            .filter(process -> names(process, runFolder()));
    if (daemon.isEmpty()) {
      return;
    }
    removePods();
    daemon.get().destroy();
    awaitEnd(List.of(daemon.get()));
  }

  /** A pod that is only stopped keeps its mounts until it is removed. */
  private void removePods() {
    if (!Files.exists(socket())) {
      return;
    }
    try (CriClient client = CriClient.connect(socket())) {
      Directory.of(client).pods().forEach(pod -> SinglePod.remove(client, pod.getId()));
    } catch (Failure daemonInTrouble) {
      // it is ended all the same, and what it leaves is named then
    }
  }

  /** A daemon that failed half way leaves its switch and agents to a successor that never comes. */
  private void endRest() {
    List<ProcessHandle> rest =
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != ProcessHandle.current().pid())
            .filter(this::livesHere)
            .toList();
    rest.forEach(ProcessHandle::destroy);
    awaitEnd(rest);
  }

  private boolean livesHere(ProcessHandle process) {
    return process.info().arguments().stream()
        .flatMap(Stream::of)
        .anyMatch(argument -> argument.startsWith(runFolder() + "/"));
  }

  private void awaitEnd(List<ProcessHandle> processes) {
    Deadline deadline = Deadline.after(time, END_LIMIT);
    for (ProcessHandle process : processes) {
      while (HostProcesses.runs(process)) {
        if (deadline.passed()) {
          throw Failure.timedOut(
              "process %d of the demo does not end; the daemon's log: %s"
                  .formatted(process.pid(), logFile()));
        }
        pause();
      }
    }
  }

  /** A pid may have been given to somebody else since it was written down. */
  private static boolean names(ProcessHandle process, Path run) {
    return process.info().arguments().stream().flatMap(Stream::of).anyMatch(run.toString()::equals);
  }

  private void remove() throws IOException {
    requireUnmounted();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** What the daemon left mounted is not deleted through. */
  private void requireUnmounted() throws IOException {
    Path mountinfo = Path.of("/proc/self/mountinfo");
    if (Files.exists(mountinfo)) {
      for (String line : Files.readAllLines(mountinfo)) {
        if (line.contains(" " + folder + "/")) {
          throw Failure.internal(
              "the daemon left a mount; unmount it, then remove " + folder + ": " + line);
        }
      }
    }
  }

  private String lastLogLines() throws IOException {
    List<String> lines = Files.readAllLines(logFile());
    return String.join(
        " | ", lines.subList(Math.max(0, lines.size() - SHOWN_LOG_LINES), lines.size()));
  }

  private Path readyFile() {
    return folder.resolve("daemon.out");
  }

  private Path logFile() {
    return folder.resolve("daemon.log");
  }

  private Path pidFile() {
    return folder.resolve("daemon.pid");
  }

  private void pause() {
    try {
      time.sleep(PAUSE);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted");
    }
  }
}
