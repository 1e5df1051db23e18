package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.wire.IpPrefix;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The switch as its starter sees it: a process that outlives whoever started it. Found again by its
 * control socket. Thread-safe.
 */
public final class SwitchProcess {
  private static final Duration START_PATIENCE = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Path SETSID = Path.of("/usr/bin/setsid");
  private static final int LOG_LINES = 5;

  private final SwitchClient client;
  private final ProcessHandle handle;

  private SwitchProcess(SwitchClient client, ProcessHandle handle) {
    this.client = client;
    this.handle = handle;
  }

  /**
   * Takes over the switch that serves the folder, or starts one.
   *
   * @param command how to run {@link SwitchMain}, up to its arguments
   * @throws Failure UNAVAILABLE with the end of its log if it does not start; UNSUPPORTED if one
   *     runs that speaks another version; INVALID_ARGUMENT if one runs for another pod range
   */
  public static SwitchProcess ensure(SwitchSettings settings, List<String> command, Time time) {
    Optional<SwitchProcess> running = find(settings);
    return running.isPresent() ? running.get() : start(settings, command, time);
  }

  /** The switch that serves the folder now. */
  public static Optional<SwitchProcess> find(SwitchSettings settings) {
    if (!Files.exists(settings.controlSocket())) {
      return Optional.empty();
    }
    SwitchClient client = new SwitchClient(settings);
    SwitchStatus status;
    try {
      status = client.status();
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.UNAVAILABLE) {
        return Optional.empty(); // The socket of a dead one.
      }
      throw failure;
    }
    if (!IpPrefix.parse(status.podRange()).equals(settings.podRange())) {
      throw Failure.invalidArgument(
          "the running switch has the pod range "
              + status.podRange()
              + ", not "
              + settings.podRange()
              + ": remove the pods and stop it first");
    }
    return ProcessHandle.of(status.pid()).map(handle -> new SwitchProcess(client, handle));
  }

  private static SwitchProcess start(SwitchSettings settings, List<String> command, Time time) {
    Process process;
    try {
      Files.createDirectories(settings.folder());
      keepLog(settings);
      process =
          new ProcessBuilder(detached(command, settings))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.to(settings.logFile().toFile()))
              .start();
    } catch (IOException error) {
      throw Failure.unavailable("the switch cannot be started: " + error.getMessage(), error);
    }
    Deadline deadline = Deadline.after(time, START_PATIENCE);
    while (!deadline.passed()) {
      Optional<SwitchProcess> running = find(settings);
      if (running.isPresent()) {
        return running.get(); // Another starter may have been faster: then ours ends by the lock.
      }
      if (!process.isAlive()) {
        break;
      }
      pause(time);
    }
    process.destroyForcibly();
    throw Failure.unavailable("the switch does not start: " + endOfLog(settings));
  }

  private static void keepLog(SwitchSettings settings) throws IOException {
    Path log = settings.logFile();
    if (Files.exists(log) && Files.size(log) > 0) {
      Files.move(log, settings.previousLogFile(), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * A session of its own, so that Ctrl-C of the daemon is not its too. Where there is no setsid
   * (macOS) the signals of the terminal are ignored instead, which a JVM that finds them ignored
   * leaves so.
   */
  private static List<String> detached(List<String> command, SwitchSettings settings) {
    List<String> full = new ArrayList<>();
    if (Files.isExecutable(SETSID)) {
      full.add(SETSID.toString());
    } else {
      full.addAll(List.of("/bin/sh", "-c", "trap '' INT HUP QUIT; exec \"$@\"", "sh"));
    }
    full.addAll(command);
    full.addAll(settings.toArguments());
    return full;
  }

  private static void pause(Time time) {
    try {
      time.sleep(POLL);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while the switch was starting");
    }
  }

  private static String endOfLog(SwitchSettings settings) {
    try {
      List<String> lines = Files.readAllLines(settings.logFile());
      return String.join("; ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (IOException none) {
      return "it left no log at " + settings.logFile();
    }
  }

  /**
   * The command line for a class path, with the options that keep the process small.
   *
   * @param java the launcher of a JDK 25
   * @param aotCache made by a training run; none if absent
   */
  public static List<String> command(Path java, String classPath, Optional<Path> aotCache) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx96m",
            "-Xms16m",
            "-Xss512k",
            "-XX:MaxDirectMemorySize=1g",
            "-XX:+UseCompactObjectHeaders",
            "-XX:-UsePerfData"));
    aotCache.ifPresent(cache -> command.add("-XX:AOTCache=" + cache));
    command.addAll(List.of("-cp", classPath, SwitchMain.class.getName()));
    return command;
  }

  public SwitchClient client() {
    return client;
  }

  public long pid() {
    return handle.pid();
  }

  public boolean isAlive() {
    return handle.isAlive();
  }

  /** Completes when the process has ended, whoever ended it; then {@link #ensure} again. */
  public CompletableFuture<Void> ended() {
    return handle.onExit().thenAccept(_ -> {});
  }
}
