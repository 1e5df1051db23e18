package dev.beagle.node.cri;

import com.google.protobuf.ByteString;
import dev.beagle.cri.node.v1.StartAttachedRequest;
import dev.beagle.cri.node.v1.StartAttachedResponse;
import dev.beagle.cri.v1.AttachRequest;
import dev.beagle.cri.v1.AttachResponse;
import dev.beagle.cri.v1.ExecRequest;
import dev.beagle.cri.v1.ExecResponse;
import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ExecSyncResponse;
import dev.beagle.cri.v1.PortForwardRequest;
import dev.beagle.cri.v1.PortForwardResponse;
import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Closer;
import dev.beagle.node.cri.StreamUrls.EndOfInput;
import dev.beagle.node.cri.StreamUrls.Streams;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.stdio.TerminalSize;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Calls that run commands and reach into sandboxes. Thread-safe. */
final class StreamCalls {
  /** Kept of each output of an ExecSync; more is dropped. */
  private static final int OUTPUT_LIMIT = 16 * 1024 * 1024;

  /** Of both outputs together, so that a client that takes 16 MiB takes the reply. */
  static final int REPLY_LIMIT = OUTPUT_LIMIT - 4096;

  private static final long BUDGET_BYTES = 128L * 1024 * 1024;

  /** What remains in the pipes of a command that ended just before its time limit. */
  private static final Duration LEAST_DRAIN = Duration.ofSeconds(1);

  private static final long MAX_TIMEOUT_SECONDS = 366L * 24 * 60 * 60;

  private final CriObjects objects;
  private final StreamUrls urls;
  private final Time time;
  private final OutputBudget budget;

  StreamCalls(CriObjects objects, StreamUrls urls, Time time) {
    this(objects, urls, time, new OutputBudget(BUDGET_BYTES));
  }

  StreamCalls(CriObjects objects, StreamUrls urls, Time time, OutputBudget budget) {
    this.objects = objects;
    this.urls = urls;
    this.time = time;
    this.budget = budget;
  }

  /** A command that fails is an answer, not an error. */
  ExecSyncResponse execSync(ExecSyncRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    long seconds = Fields.between("timeout", request.getTimeout(), 0, Long.MAX_VALUE);
    Optional<Duration> limit =
        seconds == 0
            ? Optional.empty()
            : Optional.of(Duration.ofSeconds(Math.min(seconds, MAX_TIMEOUT_SECONDS)));
    ExecSpec spec = new ExecSpec(command(request.getCmdList()), false, false, true, true, limit);
    requireRunning(container);
    return Departure.interrupts(() -> run(container, spec));
  }

  private ExecSyncResponse run(Container container, ExecSpec spec) throws InterruptedException {
    Deadline deadline = Deadline.after(time, spec.timeLimit().orElse(Duration.ZERO));
    try (Closer closer = new Closer();
        ContainerProcess process = container.exec(spec)) {
      ExecOutput stdout = closer.register(output("stdout", process.stdout()));
      ExecOutput stderr = closer.register(output("stderr", process.stderr()));
      ExitStatus exit = process.await();
      for (ExecOutput output : List.of(stdout, stderr)) {
        awaitEnd(output, spec, deadline);
      }
      return reply(stdout.bytes(), stderr.bytes(), exit);
    }
  }

  private ExecOutput output(String name, Optional<InputStream> stream) {
    return new ExecOutput(
        name, stream.orElseGet(InputStream::nullInputStream), OUTPUT_LIMIT, budget);
  }

  /** Children of the command may hold its outputs; as containerd, we wait for them. */
  private static void awaitEnd(ExecOutput output, ExecSpec spec, Deadline deadline)
      throws InterruptedException {
    if (spec.timeLimit().isEmpty()) {
      output.await();
      return;
    }
    Duration left = deadline.remaining();
    if (!output.await(left.compareTo(LEAST_DRAIN) > 0 ? left : LEAST_DRAIN)) {
      throw Failure.timedOut(
          "command ended, but its children kept its output open for "
              + spec.timeLimit().get().toSeconds()
              + " s");
    }
  }

  /** Both outputs share the reply; where they do not fit, stderr is sure of half of it. */
  private static ExecSyncResponse reply(ByteString stdout, ByteString stderr, ExitStatus exit) {
    int errors = Math.min(stderr.size(), Math.max(REPLY_LIMIT / 2, REPLY_LIMIT - stdout.size()));
    int output = Math.min(stdout.size(), REPLY_LIMIT - errors);
    return ExecSyncResponse.newBuilder()
        .setStdout(stdout.substring(0, output))
        .setStderr(stderr.substring(0, errors))
        .setExitCode(exit.code())
        .build();
  }

  ExecResponse exec(ExecRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    Streams streams =
        streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
    ExecSpec spec =
        new ExecSpec(
            command(request.getCmdList()),
            streams.tty(),
            streams.stdin(),
            streams.stdout(),
            streams.stderr(),
            Optional.empty());
    requireRunning(container);
    return ExecResponse.newBuilder()
        .setUrl(urls.exec(streams, () -> container.exec(spec)).toString())
        .build();
  }

  AttachResponse attach(AttachRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    Streams streams =
        streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
    requireRunning(container);
    return AttachResponse.newBuilder()
        .setUrl(
            urls.attach(
                    streams,
                    endOfInput(container.spec()),
                    () -> {
                      requireRunning(container);
                      return attach(container, streams);
                    })
                .toString())
        .build();
  }

  /** As containerd: kubectl relies on the outputs going on after the only input has ended. */
  private static EndOfInput endOfInput(ContainerSpec spec) {
    boolean closes = spec.stdinOnce() && !spec.tty();
    return spec.stdin() && !closes ? EndOfInput.DETACHES : EndOfInput.LEAVES_OUTPUTS;
  }

  private static ContainerProcess attach(Container container, Streams streams) {
    return container.attach(streams.stdin(), streams.stdout(), streams.stderr());
  }

  /** Attaches and starts once the client is there; the conversation ends with the exit code. */
  StartAttachedResponse startAttached(StartAttachedRequest request) {
    Container container = objects.requireContainer(request.getContainerId());
    boolean tty = container.spec().tty();
    Streams streams = streams(request.getStdin(), request.getStdout(), request.getStderr(), tty);
    Optional<TerminalSize> size = size(request);
    requireCreated(container);
    return StartAttachedResponse.newBuilder()
        .setUrl(
            urls.exec(
                    streams,
                    () -> {
                      requireCreated(container);
                      return attachedAndStarted(container, streams, size);
                    })
                .toString())
        .build();
  }

  private static Optional<TerminalSize> size(StartAttachedRequest request) {
    int columns = (int) Fields.between("columns", request.getColumns(), 0, 0xFFFF);
    int rows = (int) Fields.between("rows", request.getRows(), 0, 0xFFFF);
    return columns == 0 || rows == 0
        ? Optional.empty()
        : Optional.of(new TerminalSize(columns, rows));
  }

  private static ContainerProcess attachedAndStarted(
      Container container, Streams streams, Optional<TerminalSize> size) {
    ContainerProcess process = attach(container, streams);
    try {
      if (streams.tty()) {
        size.ifPresent(process::resize);
      }
      container.start();
      return process;
    } catch (RuntimeException failure) {
      process.close();
      throw failure;
    }
  }

  PortForwardResponse portForward(PortForwardRequest request) {
    Sandbox sandbox = objects.requireSandbox(request.getPodSandboxId());
    if (!(sandbox.state() instanceof SandboxState.Ready)) {
      throw Failure.wrongState("sandbox " + sandbox.id().shortForm() + " is not running");
    }
    return PortForwardResponse.newBuilder()
        .setUrl(urls.portForward(request.getPortList(), sandbox::connect).toString())
        .build();
  }

  private static Streams streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {
    if (!stdin && !stdout && !stderr) {
      throw Failure.invalidArgument("one of stdin, stdout and stderr must be set");
    }
    if (tty && stderr) {
      throw Fields.refused("stderr", "a terminal has one output; leave out stderr or tty");
    }
    return new Streams(stdin, stdout, stderr, tty);
  }

  private static List<String> command(List<String> command) {
    if (command.isEmpty()) {
      throw Fields.refused("cmd", "is missing");
    }
    if (command.stream().anyMatch(word -> word.indexOf('\0') >= 0)) {
      throw Fields.refused("cmd", "contains a NUL character");
    }
    return command;
  }

  private static void requireRunning(Container container) {
    if (!(container.state() instanceof ContainerState.Running)) {
      throw wrongState(container, "running");
    }
  }

  private static void requireCreated(Container container) {
    if (!(container.state() instanceof ContainerState.Created)) {
      throw wrongState(container, "created and not started");
    }
  }

  private static Failure wrongState(Container container, String wanted) {
    return Failure.wrongState(
        "container "
            + container.id().shortForm()
            + " is in "
            + CriTranslation.state(container.state())
            + " state, not "
            + wanted);
  }
}
