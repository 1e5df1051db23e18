package dev.beagle.node.network;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.SwitchClient;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This machine as a port of its own switch: a TAP in the host's network with a route to the pods,
 * so that probes and everything else on the node can dial pod addresses. An agent without a sandbox
 * pumps it; like a pod's agent it outlives the daemon, and one that dies is replaced.
 */
public final class HostInterface implements AutoCloseable {
  /** The switch's name for the machine itself. */
  public static final String PORT_NAME = "host";

  private static final Logger LOG = LoggerFactory.getLogger(HostInterface.class);
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(20);

  private final SandboxKind kind;
  private final SwitchClient client;
  private final String interfaceName;
  private final WorldRecord plan;
  private final Revival revival;
  private World world;
  private boolean closed;

  private HostInterface(
      SandboxKind kind,
      SwitchClient client,
      String interfaceName,
      WorldRecord plan,
      World world,
      Time time) {
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
    World world = adopt(kind, plan).orElseGet(() -> start(kind, client, interfaceName, plan));
    HostInterface opened = new HostInterface(kind, client, interfaceName, plan, world, time);
    world.agent().onGone(opened::agentGone);
    return opened;
  }

  /**
   * An agent whose starter died before it was told what to do is nobody's: not adopted. Nor is one
   * that cannot be asked: it holds nothing but the interface, and a new one takes milliseconds.
   */
  static Optional<World> adopt(SandboxKind kind, WorldRecord plan) {
    try {
      return kind.adopt(plan);
    } catch (Failure unknown) {
      LOG.warn("the host interface's agent is replaced: {}", unknown.reason());
      return Optional.empty();
    }
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

  private void agentGone() {
    Thread.ofVirtual()
        .name("host-interface")
        .start(() -> revival.revive(this::isClosed, this::restart));
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void restart() {
    if (closed) {
      return;
    }
    world.close();
    world = start(kind, client, interfaceName, plan);
    world.agent().onGone(this::agentGone);
  }

  /** Takes the interface away. */
  public synchronized void end() {
    closed = true;
    world.close();
    kind.discard(plan, List.of());
    deleteFolder();
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
