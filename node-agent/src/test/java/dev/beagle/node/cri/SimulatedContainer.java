package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ContainerUsage;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A container of {@link SimulatedSandbox}; its process runs until it is stopped. Thread-safe. */
final class SimulatedContainer implements Container {
  private volatile Runnable onUsage = () -> {};
  private static final int SIGTERM = 15;
  private static final long PID = 4711;

  private final SimulatedSandbox sandbox;
  private final ContainerId id = ContainerId.random();
  private final ContainerSpec spec;
  private final Instant createdAt;
  private ContainerState state = new ContainerState.Created();
  private int logsOpened;
  private int attachedBeforeStart;
  private Duration lastGrace = Duration.ZERO;

  SimulatedContainer(SimulatedSandbox sandbox, ContainerSpec spec) {
    this.sandbox = sandbox;
    this.spec = spec;
    this.createdAt = sandbox.runtime().time().now();
  }

  @Override
  public ContainerId id() {
    return id;
  }

  SimulatedSandbox sandbox() {
    return sandbox;
  }

  @Override
  public SandboxId sandboxId() {
    return sandbox.id();
  }

  @Override
  public ContainerSpec spec() {
    return spec;
  }

  @Override
  public ResolvedProcess process() {
    long uid = spec.security().user() instanceof Identity.Numbered(long number) ? number : 0;
    OptionalLong group = spec.security().group();
    long gid = group.orElse(0);
    return new ResolvedProcess(
        spec.command().isEmpty() ? List.of("/bin/sh") : spec.command(),
        List.of("PATH=/bin"),
        spec.workingDirectory().isEmpty() ? "/" : spec.workingDirectory(),
        uid,
        gid,
        List.of(gid),
        SIGTERM);
  }

  @Override
  public synchronized ContainerState state() {
    return state;
  }

  @Override
  public Instant createdAt() {
    return createdAt;
  }

  @Override
  public Optional<String> logPath() {
    return spec.logPath().isEmpty() || sandbox.spec().logDirectory().isEmpty()
        ? Optional.empty()
        : Optional.of(sandbox.spec().logDirectory() + "/" + spec.logPath());
  }

  @Override
  public synchronized void start() {
    if (!(state instanceof ContainerState.Created)) {
      throw Failure.wrongState("container " + id.shortForm() + " is not in CREATED state");
    }
    if (!(sandbox.state() instanceof SandboxState.Ready)) {
      throw Failure.wrongState("sandbox " + sandbox.id().shortForm() + " is not running");
    }
    try {
      sandbox.runtime().failIfAsked();
    } catch (Failure failure) {
      state = exited(Optional.empty(), 128, "StartError", failure.reason());
      throw failure;
    }
    state = new ContainerState.Running(now(), PID);
    logsOpened++;
  }

  /** As when its process ends. */
  synchronized void exit(int code, boolean oomKilled) {
    if (state instanceof ContainerState.Running(Instant since, var _)) {
      String reason = oomKilled ? "OOMKilled" : code == 0 ? "Completed" : "Error";
      state =
          new ContainerState.Exited(
              Optional.of(since), now(), new ExitStatus(code, oomKilled), reason, "");
      notifyAll();
    }
  }

  private ContainerState exited(Optional<Instant> since, int code, String reason, String message) {
    return new ContainerState.Exited(since, now(), new ExitStatus(code, false), reason, message);
  }

  @Override
  public void stop(Duration grace) {
    sandbox.runtime().failIfAsked();
    synchronized (this) {
      lastGrace = grace;
    }
    exit(grace.isZero() ? 137 : 143, false);
  }

  synchronized Duration lastGrace() {
    return lastGrace;
  }

  @Override
  public synchronized ExitStatus await() throws InterruptedException {
    while (true) {
      if (state instanceof ContainerState.Exited exited) {
        return exited.status();
      }
      wait();
    }
  }

  @Override
  public ContainerProcess exec(ExecSpec execSpec) {
    requireRunning();
    sandbox.runtime().failIfAsked();
    return sandbox.runtime().commands.start(execSpec);
  }

  @Override
  public ContainerProcess attach(boolean stdin, boolean stdout, boolean stderr) {
    synchronized (this) {
      if (state instanceof ContainerState.Created) {
        attachedBeforeStart++;
      } else {
        requireRunning();
      }
    }
    return sandbox
        .runtime()
        .commands
        .start(new ExecSpec(List.of("attach"), false, stdin, stdout, stderr, Optional.empty()));
  }

  synchronized int attachedBeforeStart() {
    return attachedBeforeStart;
  }

  @Override
  public synchronized void reopenLog() {
    requireRunning();
    logsOpened++;
  }

  synchronized int logsOpened() {
    return logsOpened;
  }

  private synchronized void requireRunning() {
    if (!(state instanceof ContainerState.Running)) {
      throw Failure.wrongState("container " + id.shortForm() + " is not running");
    }
  }

  @Override
  public Optional<ContainerUsage> usage() {
    onUsage.run();
    return used();
  }

  /** What is done when somebody asks what this container uses. */
  void onUsage(Runnable hook) {
    onUsage = hook;
  }

  private synchronized Optional<ContainerUsage> used() {
    return state instanceof ContainerState.Running
        ? Optional.of(
            new ContainerUsage(
                now(), 5_000_000, 8192, 4096, 2048, 7, 1, spec.resources().memoryLimitBytes(), 1))
        : Optional.empty();
  }

  @Override
  public void remove() {
    exit(137, false);
    sandbox.forget(this);
  }

  private Instant now() {
    return sandbox.runtime().time().now();
  }
}
