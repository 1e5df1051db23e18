package dev.beagle.node.network;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.control.SwitchClient;
import dev.beagle.runtime.guest.wire.CloseSandbox;
import dev.beagle.runtime.guest.wire.OpenSandbox;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.lifecycle.WireNetwork;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This machine as a port of its own switch: a TAP in the host's network with a route to the pods,
 * so that probes and everything else on the node can dial pod addresses. An agent without a sandbox
 * pumps it; like a pod's agent it outlives the daemon, and one that dies or hangs is replaced.
 */
public final class HostInterface implements AutoCloseable {
  /** The switch's name for the machine itself. */
  public static final String PORT_NAME = "host";

  private static final Logger LOG = LoggerFactory.getLogger(HostInterface.class);
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(20);

  /** As long as pods' agents are waited for at a start. */
  private static final Duration ADOPT_PATIENCE = Duration.ofSeconds(3);

  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(5);
  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(5);

  /** Probes in a row without an answer after which the agent counts as hung. */
  private static final int HUNG_AFTER = 3;

  /** For a caller who wants to know how it is. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private final SandboxKind kind;
  private final SwitchClient client;
  private final String interfaceName;
  private final WorldRecord plan;
  private final Revival revival;
  private final Time time;
  private volatile World world;
  private boolean closed;

  private HostInterface(
      SandboxKind kind,
      SwitchClient client,
      String interfaceName,
      WorldRecord plan,
      World world,
      Time time) {
    this.time = time;
    this.revival = new Revival("the host interface, by which pods are dialled,", time);
    this.kind = kind;
    this.client = client;
    this.interfaceName = interfaceName;
    this.plan = plan;
    this.world = world;
  }

  /**
   * Takes over the agent of an earlier daemon, or starts one.
   *
   * @param interfaceName at most 15 characters
   */
  public static HostInterface open(
      SandboxKind kind, SwitchClient client, String interfaceName, Time time) {
    WorldRecord plan = kind.plan(SandboxId.NODE, "");
    World world =
        adopt(kind, plan, ADOPT_PATIENCE).orElseGet(() -> start(kind, client, interfaceName, plan));
    HostInterface opened = new HostInterface(kind, client, interfaceName, plan, world, time);
    opened.watch(world);
    Thread.ofVirtual().name("host-interface-watch").start(opened::watchForHangs);
    return opened;
  }

  /**
   * An agent whose starter died before it was told what to do is nobody's: not adopted. Nor is one
   * that cannot be asked: it holds nothing but the interface, and a new one takes milliseconds.
   */
  static Optional<World> adopt(SandboxKind kind, WorldRecord plan, Duration patience) {
    CompletableFuture<Optional<World>> adoption = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("host-interface-adopt")
        .start(() -> {
          try {
            adoption.complete(kind.adopt(plan));
          } catch (RuntimeException unknown) {
            adoption.completeExceptionally(unknown);
          }
        });
    String why;
    try {
      return adoption.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException unknown) {
      why = String.valueOf(unknown.getMessage());
    } catch (TimeoutException silent) {
      why = "no answer for " + patience.toSeconds() + " s";
      var _ = adoption.thenAccept(late -> late.ifPresent(World::close));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while the host interface's agent was asked");
    }
    LOG.warn("the host interface's agent is replaced: {}", why);
    return Optional.empty();
  }

  /** An interface name of its own for each node of this machine. */
  public static String nameFor(Path run) {
    return "beagle%08x".formatted(run.toString().hashCode());
  }

  private static World start(
      SandboxKind kind, SwitchClient client, String interfaceName, WorldRecord plan) {
    kind.discard(plan, List.of());
    try {
      Files.createDirectories(Path.of(plan.folder()));
    } catch (IOException error) {
      throw Failure.internal("cannot create " + plan.folder() + ": " + error.getMessage(), error);
    }
    World world = kind.open(plan);
    try {
      PodNetwork network = SwitchNetworks.network(client.attach(PORT_NAME), client);
      world
          .agent()
          .call(
              Request.newBuilder()
                  .setOpenSandbox(
                      OpenSandbox.newBuilder()
                          .setSandbox(SandboxId.NODE.value())
                          .setNetwork(WireNetwork.of(interfaceName, network, false))),
              OPEN_LIMIT);
      return world;
    } catch (RuntimeException failure) {
      world.close();
      kind.discard(plan, List.of());
      throw failure;
    }
  }

  private void watch(World opened) {
    opened
        .agent()
        .onGone(() ->
            Thread.ofVirtual()
                .name("host-interface")
                .start(() -> revival.revive(this::isClosed, () -> replace(opened))));
  }

  /** Death is noticed by the connection's end; an agent that hangs keeps it open. */
  private void watchForHangs() {
    int silences = 0;
    while (pause() && !isClosed()) {
      World asked = world;
      silences = isSilent(asked) ? silences + 1 : 0;
      if (silences == HUNG_AFTER) {
        silences = 0;
        LOG.error(
            "the host interface's agent has not answered for {} s: it is replaced",
            PROBE_PATIENCE.multipliedBy(HUNG_AFTER).toSeconds());
        var _ = revival.revive(this::isClosed, () -> replace(asked));
      }
    }
  }

  private boolean pause() {
    try {
      time.sleep(PROBE_INTERVAL);
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A silence does not count when we stood still ourselves, with the whole host perhaps. */
  private boolean isSilent(World asked) {
    long before = time.nanos();
    try {
      asked.agent().ping(PROBE_PATIENCE);
      return false;
    } catch (Failure failure) {
      return failure.kind() == FailureKind.TIMED_OUT
          && time.nanos() - before < PROBE_PATIENCE.toNanos() * 3 / 2;
    }
  }

  /** Why pods cannot be dialled from this machine, or nothing. */
  public Optional<String> problem() {
    try {
      world.agent().ping(ANSWER_LIMIT);
      return Optional.empty();
    } catch (Failure failure) {
      return Optional.of(failure.reason());
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /**
   * @param failed what is to be replaced, unless it was already
   */
  private synchronized void replace(World failed) {
    if (closed || !world.equals(failed)) {
      return;
    }
    failed.close();
    world = start(kind, client, interfaceName, plan);
    watch(world);
  }

  /** Takes the interface away. */
  public synchronized void end() {
    closed = true;
    leave();
    world.close();
    kind.discard(plan, List.of());
    deleteFolder();
  }

  /** In order; without cgroups nobody but the agent itself can find all that it started. */
  private void leave() {
    try {
      world
          .agent()
          .call(
              Request.newBuilder().setCloseSandbox(CloseSandbox.getDefaultInstance()),
              ANSWER_LIMIT);
    } catch (Failure failure) {
      LOG.debug("the host interface's agent is ended by force: {}", failure.reason());
    }
  }

  private void deleteFolder() {
    Path folder = Path.of(plan.folder());
    try {
      Files.deleteIfExists(folder.resolve("agent.log"));
      Files.deleteIfExists(folder);
    } catch (IOException error) {
      LOG.warn("folder {} stays: {}", folder, error.getMessage());
    }
  }

  /** Lets go of the agent, which goes on. */
  @Override
  public synchronized void close() {
    closed = true;
    world.close();
  }
}
