package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import java.net.InetAddress;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A sandbox of {@link SimulatedPodRuntime}. Thread-safe. */
final class SimulatedSandbox implements Sandbox {
  private final SimulatedPodRuntime runtime;
  private final SandboxId id = SandboxId.random();
  private final SandboxSpec spec;
  private final Instant createdAt;
  private final List<SimulatedContainer> containers = new ArrayList<>();
  private boolean silent;
  private SandboxState state = new SandboxState.Starting();

  SimulatedSandbox(SimulatedPodRuntime runtime, SandboxSpec spec) {
    this.runtime = runtime;
    this.spec = spec;
    this.createdAt = runtime.time().now();
  }

  SimulatedPodRuntime runtime() {
    return runtime;
  }

  synchronized void ready(List<InetAddress> addresses) {
    state = new SandboxState.Ready(addresses);
  }

  /** As when the agent dies. */
  synchronized void lose(String reason) {
    state = new SandboxState.NotReady(reason);
  }

  @Override
  public SandboxId id() {
    return id;
  }

  @Override
  public SandboxSpec spec() {
    return spec;
  }

  @Override
  public String kind() {
    return spec.kind().isEmpty() ? runtime.kinds().getFirst().name() : spec.kind();
  }

  @Override
  public synchronized SandboxState state() {
    return state;
  }

  @Override
  public Instant createdAt() {
    return createdAt;
  }

  @Override
  public synchronized Container createContainer(ContainerSpec wanted) {
    runtime.failIfAsked();
    if (!(state instanceof SandboxState.Ready)) {
      throw Failure.wrongState("sandbox " + id.shortForm() + " is not running");
    }
    for (SimulatedContainer container : containers) {
      if (container.spec().name().equals(wanted.name())) {
        return container;
      }
    }
    SimulatedContainer container = new SimulatedContainer(this, wanted);
    containers.add(container);
    return container;
  }

  @Override
  public synchronized List<Container> containers() {
    return List.copyOf(containers);
  }

  synchronized void forget(SimulatedContainer container) {
    containers.remove(container);
  }

  @Override
  public ByteChannel connect(int port) {
    throw Failure.unavailable("nothing listens on port " + port);
  }

  /** From now on nothing answers. */
  synchronized void fallSilent() {
    silent = true;
  }

  @Override
  public synchronized void ping(Duration limit) {
    if (silent) {
      throw Failure.timedOut("no answer in " + limit);
    }
  }

  @Override
  public void stop(Duration grace) {
    runtime.failIfAsked();
    containers().stream()
        .filter(container -> container.state() instanceof ContainerState.Running)
        .forEach(container -> container.stop(grace));
    lose("stopped");
  }

  @Override
  public void remove() {
    stop(Duration.ZERO);
    containers().forEach(Container::remove);
    synchronized (this) {
      state = new SandboxState.Removed();
    }
    runtime.forget(id);
  }
}
