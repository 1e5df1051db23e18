package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts processes of machines, and finds those that others have started. Thread-safe. */
public final class MachineLauncher {
  private static final Duration START_PATIENCE = Duration.ofSeconds(30);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
  private static final List<String> SPOKEN = List.of(ControlSocket.PROTOCOL, ControlSocket.VERSION);
  private static final int CONSOLE_TAIL = 8192;
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Path SETSID = Path.of("/usr/bin/setsid");
  // What a guest has looked up or opened of its folders is kept; young objects are few.
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xms8m",
          "-Xmn4m",
          "-Xmx256m",
          "-XX:+ExitOnOutOfMemoryError",
          "-Xss512k",
          "-XX:+UseCompactObjectHeaders",
          "-XX:-UsePerfData",
          "-XX:+DisplayVMOutputToStderr",
          "--enable-native-access=ALL-UNNAMED");

  private final List<String> command;
  private final Time time;

  /**
   * @param command how to run {@link MachineMain}, up to its arguments; see {@link #command}
   */
  public MachineLauncher(List<String> command, Time time) {
    this.command = List.copyOf(command);
    this.time = time;
  }

  /**
   * The command line for a class path, with the options that keep the process small.
   *
   * @param java the launcher of a JDK 25, on a Mac with the entitlement for the hypervisor
   * @param aotCache what the JVM remembers of a training run with this class path; it goes on
   *     without one that does not fit
   */
  public static List<String> command(Path java, String classPath, Optional<Path> aotCache) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    aotCache.ifPresent(cache -> command.add("-XX:AOTCache=" + cache));
    command.addAll(OPTIONS);
    command.addAll(List.of("-cp", classPath, MachineMain.class.getName()));
    return command;
  }

  /**
   * Starts a machine; it runs when this returns.
   *
   * @throws Failure UNAVAILABLE with the reason when it does not start; WRONG_STATE when one runs
   *     in that folder
   */
  public MachineProcess launch(MachineSettings settings) {
    if (MachineLock.holder(settings.files()).isPresent()) {
      throw Failure.wrongState("a machine runs in " + settings.folder());
    }
    Process process = start(settings);
    try {
      return awaitStart(settings, process);
    } catch (RuntimeException failure) {
      process.destroyForcibly(); // whatever it was, nobody would look after it
      throw failure;
    }
  }

  private MachineProcess awaitStart(MachineSettings settings, Process process) {
    MachineFolder files = settings.files();
    Deadline deadline = Deadline.after(time, START_PATIENCE);
    while (process.isAlive() && !deadline.passed()) {
      try {
        return reach(files);
      } catch (Failure notYet) {
        if (notYet.kind() != FailureKind.UNAVAILABLE) {
          throw notYet;
        }
      }
      pause();
    }
    boolean hangs = process.isAlive();
    Optional<MachineEnd> end = MachineEnd.read(files.end());
    if (!hangs && end.isPresent() && end.get().kind() != MachineEnd.Kind.FAILED) {
      return new MachineProcess(files, process.toHandle()); // it was soon over
    }
    throw Failure.unavailable(
        "machine %s does not start: %s"
            .formatted(
                settings.name(),
                hangs
                    ? "it does not answer after " + START_PATIENCE
                    : end.map(MachineEnd::reason).orElseGet(() -> lastWords(files))));
  }

  private Process start(MachineSettings settings) {
    List<String> full = new ArrayList<>();
    // A session of its own, so that Ctrl-C of its starter is not its too.
    if (Files.isExecutable(SETSID)) {
      full.add(SETSID.toString());
    } else {
      full.addAll(List.of("/bin/sh", "-c", "trap '' INT HUP QUIT; exec \"$@\"", "sh"));
    }
    full.addAll(command);
    full.addAll(settings.toArguments());
    try {
      settings.files().prepare();
      Files.deleteIfExists(settings.files().end());
      return new ProcessBuilder(full)
          .directory(settings.folder().toFile()) // not its starter's, which may have to go
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.to(settings.files().log().toFile()))
          .start();
    } catch (IOException error) {
      throw Failure.unavailable(
          "machine %s cannot be started: %s".formatted(settings.name(), error.getMessage()), error);
    }
  }

  private void pause() {
    try {
      time.sleep(POLL);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while a machine was starting");
    }
  }

  /**
   * The machine that runs in a folder, whoever started it; empty when it is certain that none does.
   * A socket that cannot be reached proves nothing: the daemon may be out of descriptors, or the
   * machine's queue full.
   *
   * @throws Failure UNSUPPORTED when it speaks another version of the protocol, TIMED_OUT when it
   *     hangs, UNAVAILABLE when it lives and cannot be reached; EXHAUSTED or INTERNAL when nobody
   *     can tell whether it lives
   */
  public static Optional<MachineProcess> find(Path folder) {
    MachineFolder files = new MachineFolder(folder);
    try {
      return Optional.of(reach(files));
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.UNAVAILABLE && MachineLock.holder(files).isEmpty()) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  private static MachineProcess reach(MachineFolder files) {
    List<String> status = ask(files, ControlRequest.of(ControlRequest.STATUS));
    if (!status.subList(0, Math.min(2, status.size())).equals(SPOKEN) || status.size() != 3) {
      throw Failure.unsupported(
          "the machine in %s speaks %s, not %s"
              .formatted(files.path(), Failure.shown(status), String.join(" ", SPOKEN)));
    }
    return ProcessHandle.of(Long.parseLong(status.getLast()))
        .map(handle -> new MachineProcess(files, handle))
        .orElseThrow(() -> Failure.unavailable("the machine in " + files.path() + " has ended"));
  }

  /** The process of a machine, whether it answers or not. */
  public static Optional<MachineProcess> holder(Path folder) {
    MachineFolder files = new MachineFolder(folder);
    return MachineLock.holder(files).map(handle -> new MachineProcess(files, handle));
  }

  /** What the guest of a machine has written to its console. */
  public static Path consoleFile(Path folder) {
    return new MachineFolder(folder).console();
  }

  /** The files of a machine's folder that hold what its guest wrote. */
  public static List<Path> consoleFiles(Path folder) {
    MachineFolder files = new MachineFolder(folder);
    return List.of(files.console(), files.previousConsole());
  }

  /** How the last machine of a folder ended, which does not run any more. */
  public static MachineEnd endOf(Path folder) {
    MachineFolder files = new MachineFolder(folder);
    return MachineEnd.read(files.end())
        .orElseGet(() ->
            new MachineEnd(
                MachineEnd.Kind.KILLED,
                "the machine's process ended without a word: " + lastWords(files)));
  }

  /** The end of what the guest wrote to its console, at most {@value #CONSOLE_TAIL} bytes. */
  public static byte[] console(Path folder) throws IOException {
    try (FileChannel file = FileChannel.open(new MachineFolder(folder).console())) {
      ByteBuffer tail = ByteBuffer.allocate(CONSOLE_TAIL);
      file.position(Math.max(0, file.size() - CONSOLE_TAIL));
      while (tail.hasRemaining() && file.read(tail) >= 0) {
        // on
      }
      return Arrays.copyOf(tail.array(), tail.position());
    }
  }

  /**
   * @return the words of the answer
   * @throws Failure the machine's own; UNAVAILABLE when there is none, TIMED_OUT when it hangs
   */
  static List<String> ask(MachineFolder files, ControlRequest request) {
    return ask(files, request, ANSWER_LIMIT);
  }

  static List<String> ask(MachineFolder files, ControlRequest request, Duration limit) {
    CompletableFuture<String> conversation = new CompletableFuture<>();
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(files.controlSocket()))) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              conversation.complete(ControlSocket.converse(channel, request.line()));
            } catch (IOException | RuntimeException error) {
              conversation.completeExceptionally(error);
            }
          });
      String answer = conversation.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.isEmpty()) {
        throw Failure.unavailable("the machine in %s hung up".formatted(files.path()));
      }
      return ControlRequest.answer(answer);
    } catch (IOException | ExecutionException error) {
      throw Failure.unavailable(
          "no machine answers in %s: %s".formatted(files.path(), reason(error)), error);
    } catch (TimeoutException hangs) {
      throw Failure.timedOut(
          "the machine in %s has not answered for %d s".formatted(files.path(), limit.toSeconds()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while a machine was asked");
    }
  }

  private static String reason(Exception error) {
    Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
    return String.valueOf(cause == null ? error.getMessage() : cause.getMessage());
  }

  private static String lastWords(MachineFolder files) {
    try {
      String log = Files.readString(files.log()).strip();
      return log.isEmpty()
          ? "it left nothing in its log, as after SIGKILL (kill -9, or a host without memory)"
          : Failure.shown(log);
    } catch (IOException none) {
      return "it left no log at " + files.log();
    }
  }
}
