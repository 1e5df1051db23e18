package dev.beagle.runtime.pod;

import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A container of a sandbox. Thread-safe. */
public interface Container {
  ContainerId id();

  SandboxId sandboxId();

  ContainerSpec spec();

  /** What the spec left to the image, resolved at creation. */
  ResolvedProcess process();

  ContainerState state();

  Instant createdAt();

  /** Absolute path of its log; empty when it does not log. */
  Optional<String> logPath();

  /**
   * Starts it.
   *
   * @throws dev.beagle.failure.Failure WRONG_STATE unless Created and the sandbox is Ready; when
   *     the start itself fails the container becomes Exited with StartError
   */
  void start();

  /** Stop signal, grace, SIGKILL; returns once the exit is recorded. Idempotent. */
  void stop(Duration grace);

  ExitStatus await() throws InterruptedException;

  /**
   * @throws dev.beagle.failure.Failure WRONG_STATE unless running
   */
  ContainerProcess exec(ExecSpec spec);

  /**
   * The container's own streams from now on; several may attach. Who attaches before the start
   * misses nothing.
   *
   * @throws dev.beagle.failure.Failure WRONG_STATE unless Created or running
   */
  ContainerProcess attach(boolean stdin, boolean stdout, boolean stderr);

  /** Closes the log and opens its path anew (after a rotation). WRONG_STATE unless running. */
  void reopenLog();

  /** Present while running. */
  Optional<ContainerUsage> usage();

  /** Kills it when it runs, deletes its files and forgets it. Its log stays. Idempotent. */
  void remove();
}
