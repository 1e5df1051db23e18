package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostProcesses;
import dev.beagle.host.LockHolder;
import dev.beagle.net.control.SwitchClient.Presence;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The switch as its starter sees it: a process that outlives whoever started it. Found again by its
 * control socket. Thread-safe.
 */
public final class SwitchProcess {
  private static final Duration START_PATIENCE = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Path SETSID = Path.of("/usr/bin/setsid");
  private static final int LOG_LINES = 5;

  /** With less room a log is as good as empty. */
  private static final long LEAST_ROOM = 4096;

  private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

  /** How long an answer to a probe may take: a busy host is no reason to end connections. */
  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(5);

  /** Probes in a row without an answer after which a switch counts as hung. */
  private static final int HUNG_AFTER = 3;

  private final SwitchSettings settings;
  private final SwitchClient client;
  private final ProcessHandle handle;
  private final CompletableFuture<ProcessHandle> end;

  private SwitchProcess(SwitchSettings settings, ProcessHandle handle) {
    this.settings = settings;
    this.client = new SwitchClient(settings);
    this.handle = handle;
    this.end = handle.onExit();
  }

  /**
   * Takes over the switch that serves the folder, or starts one. One that is there and does not
   * answer for {@link #HUNG_AFTER} probes is killed and has a successor, also one that lives and
   * whose socket is gone.
   *
   * @param command how to run {@link SwitchMain}, up to its arguments
   * @param warnings is told of a switch that was killed
   * @throws Failure UNAVAILABLE with the end of its log if it does not start, or if one hangs that
   *     cannot be proved to be ours; UNSUPPORTED if one runs that speaks another version;
   *     INVALID_ARGUMENT if one runs for another pod range
   */
  public static SwitchProcess ensure(
      SwitchSettings settings, List<String> command, Time time, Consumer<String> warnings) {
    for (int silences = 0; silences < HUNG_AFTER; silences++) {
      Presence presence = new SwitchClient(settings).presence(PROBE_PATIENCE);
      if (presence instanceof Presence.Unknown(String reason)) {
        throw Failure.exhausted("the switch cannot be asked whether it is there: " + reason);
      }
      if (presence instanceof Presence.Absent) {
        if (holder(settings).isEmpty()) {
          return start(settings, command, time);
        }
        awaitChange(settings, time);
      }
      if (presence instanceof Presence.Answering answering) {
        Optional<SwitchProcess> running = of(settings, answering.status());
        return running.isPresent() ? running.get() : start(settings, command, time);
      }
    }
    killHung(settings, SILENCE, time, warnings);
    return start(settings, command, time);
  }

  /** The living process that wrote itself into the lock file as its holder. */
  private static Optional<LockHolder> holder(SwitchSettings settings) {
    return LockHolder.read(settings.lockFile()).filter(holder -> holder.process().isPresent());
  }

  /** One that cannot be reached is just starting or ending, or its socket is gone for good. */
  private static void awaitChange(SwitchSettings settings, Time time) {
    Deadline deadline = Deadline.after(time, PROBE_PATIENCE);
    while (!deadline.passed()
        && holder(settings).isPresent()
        && new SwitchClient(settings).presence(PROBE_PATIENCE) instanceof Presence.Absent) {
      pause(time);
    }
  }

  /** The switch that serves the folder now; none if it does not answer. */
  public static Optional<SwitchProcess> find(SwitchSettings settings) {
    return new SwitchClient(settings).presence(PROBE_PATIENCE) instanceof Presence.Answering found
        ? of(settings, found.status())
        : Optional.empty();
  }

  private static Optional<SwitchProcess> of(SwitchSettings settings, SwitchStatus status) {
    if (!IpPrefix.parse(status.podRange()).equals(settings.podRange())) {
      throw Failure.invalidArgument(
          "the running switch has the pod range "
              + status.podRange()
              + ", not "
              + settings.podRange()
              + ": remove the pods and stop it first");
    }
    return ProcessHandle.of(status.pid()).map(handle -> new SwitchProcess(settings, handle));
  }

  private static void killHung(
      SwitchSettings settings, String why, Time time, Consumer<String> warnings) {
    Optional<LockHolder> holder = holder(settings);
    if (holder.isEmpty()) {
      throw Failure.unavailable(
          "a switch listens at "
              + settings.controlSocket()
              + " and does not answer; which process it is cannot be told: end the one that holds "
              + settings.lockFile());
    }
    String who = "the switch (process " + holder.get().pid() + ")";
    warnings.accept("%s %s: it is killed, the connections through it end".formatted(who, why));
    if (!holder.get().kill(KILL_PATIENCE, time)) {
      throw Failure.unavailable(who + " hangs and does not end when it is killed");
    }
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
      if (lines.isEmpty()) {
        return Files.getFileStore(settings.folder()).getUsableSpace() < LEAST_ROOM
            ? "no space left for its log in " + settings.folder() + "; make room there"
            : "it said nothing in " + settings.logFile();
      }
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
    return HostProcesses.runs(handle);
  }

  /**
   * Waits until the process has ended, and ends it when it hangs.
   *
   * @param interval between probes
   * @param enough whether to stop waiting; asked before each probe
   * @param warnings is told that it was killed, or why it could not be
   * @return whether it has ended
   */
  public boolean awaitEnd(
      Duration interval, Time time, BooleanSupplier enough, Consumer<String> warnings) {
    int silences = 0;
    Pulse last = Pulse.WELL;
    while (!enough.getAsBoolean()) {
      try {
        // A silence took its time already.
        end.get(last == Pulse.SILENT ? 0 : interval.toMillis(), TimeUnit.MILLISECONDS);
        return true;
      } catch (TimeoutException running) {
        if (!HostProcesses.runs(handle)) {
          return true; // It has ended, and nobody reaps it.
        }
        last = pulse(time);
        silences = last == Pulse.WELL ? 0 : silences + 1;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      } catch (ExecutionException impossible) {
        throw new IllegalStateException(impossible);
      }
      if (silences == HUNG_AFTER) {
        silences = 0;
        try {
          killHung(
              settings,
              last == Pulse.SILENT
                  ? SILENCE
                  : "lives and nobody listens at " + settings.controlSocket(),
              time,
              warnings);
          last = Pulse.SILENT; // To be looked at without another pause.
        } catch (Failure failure) {
          warnings.accept(failure.reason());
        }
      }
    }
    return false;
  }

  private static final String SILENCE =
      "has not answered for %d s".formatted(PROBE_PATIENCE.multipliedBy(HUNG_AFTER).toSeconds());

  private enum Pulse {
    WELL,
    SILENT,
    /** It lives, and nobody listens at its socket. */
    UNREACHABLE
  }

  private Pulse pulse(Time time) {
    long before = time.nanos();
    try {
      return switch (client.presence(PROBE_PATIENCE)) {
        case Presence.Answering _ -> Pulse.WELL;
        case Presence.Absent _ -> Pulse.UNREACHABLE;
        case Presence.Unknown _ -> Pulse.WELL;
        // It does not count when we stood still ourselves, with the whole host perhaps.
        case Presence.Silent _ ->
            time.nanos() - before < PROBE_PATIENCE.toNanos() * 3 / 2 ? Pulse.SILENT : Pulse.WELL;
      };
    } catch (Failure answer) {
      return Pulse.WELL;
    }
  }

  /** Completes when the process has ended, whoever ended it; then {@link #ensure} again. */
  public CompletableFuture<Void> ended() {
    return end.thenAccept(_ -> {});
  }
}
