package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.PodRuntime;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxKindStatus;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.time.Time;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Pods in memory, with the core's states and refusals. Commands are played by {@link
 * SimulatedCommands}. A test can make the next call fail. Thread-safe.
 */
final class SimulatedPodRuntime implements PodRuntime {
  private final Map<SandboxId, SimulatedSandbox> sandboxes = new ConcurrentHashMap<>();
  private final AtomicInteger addresses = new AtomicInteger(1);
  private final Time time;
  final SimulatedCommands commands = new SimulatedCommands();
  volatile List<SandboxKindStatus> kinds =
      List.of(
          new SandboxKindStatus("namespaces", ""),
          new SandboxKindStatus("hvf", "needs macOS on Apple silicon"));
  volatile @Nullable RuntimeException nextFailure;

  SimulatedPodRuntime(Time time) {
    this.time = time;
  }

  Time time() {
    return time;
  }

  /** What a test asked the next call to fail with. */
  void failIfAsked() {
    RuntimeException failure = nextFailure;
    nextFailure = null;
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public synchronized Sandbox runSandbox(SandboxSpec spec) {
    failIfAsked();
    for (SimulatedSandbox sandbox : sandboxes.values()) {
      if (sandbox.spec().name().equals(spec.name()) && sandbox.spec().owner() == spec.owner()) {
        return sandbox;
      }
    }
    SimulatedSandbox sandbox = add(spec);
    int address = addresses.incrementAndGet();
    sandbox.ready(
        spec.network() == dev.beagle.runtime.pod.NamespaceMode.NODE
            ? List.of()
            : List.of(
                InetAddress.ofLiteral("10.88." + address / 256 + "." + address % 256),
                InetAddress.ofLiteral("fd00::" + Integer.toHexString(address))));
    return sandbox;
  }

  /** A sandbox that is still being made. */
  SimulatedSandbox add(SandboxSpec spec) {
    SimulatedSandbox sandbox = new SimulatedSandbox(this, spec);
    sandboxes.put(sandbox.id(), sandbox);
    return sandbox;
  }

  void forget(SandboxId id) {
    sandboxes.remove(id);
  }

  @Override
  public Optional<Sandbox> findSandbox(SandboxId id) {
    return Optional.ofNullable(sandboxes.get(id));
  }

  SimulatedSandbox sandbox(String id) {
    return Optional.ofNullable(sandboxes.get(new SandboxId(id)))
        .orElseThrow(() -> Failure.notFound("sandbox", id));
  }

  @Override
  public List<Sandbox> sandboxes() {
    return sandboxes.values().stream()
        .filter(sandbox ->
            !(sandbox.state() instanceof SandboxState.Starting)
                && !(sandbox.state() instanceof SandboxState.Removed))
        .map(Sandbox.class::cast)
        .toList();
  }

  @Override
  public Optional<Container> findContainer(ContainerId id) {
    return containers().stream().filter(container -> container.id().equals(id)).findFirst();
  }

  SimulatedContainer container(String id) {
    return (SimulatedContainer)
        findContainer(new ContainerId(id)).orElseThrow(() -> Failure.notFound("container", id));
  }

  @Override
  public List<Container> containers() {
    return sandboxes().stream().flatMap(sandbox -> sandbox.containers().stream()).toList();
  }

  @Override
  public List<SandboxKindStatus> kinds() {
    return kinds;
  }
}
