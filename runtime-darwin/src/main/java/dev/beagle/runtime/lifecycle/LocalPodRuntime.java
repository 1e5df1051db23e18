package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.guest.wire.OpenSandbox;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.PodRuntime;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxKindStatus;
import dev.beagle.runtime.pod.SandboxName;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore.Stored;
import dev.beagle.runtime.state.SandboxRecord;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's pods. Lists and lookups read maps; a sandbox is entered before it is started, one
 * call per name, so that a repeated call waits for the first and gets its sandbox.
 */
public final class LocalPodRuntime implements PodRuntime, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalPodRuntime.class);
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);

  /** How long a start waits for agents: those that hang are adopted when they answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final long SHM_BYTES = 64L << 20;

  private final PodEnvironment environment;
  private final LaterWork later;
  private final Trash trash;
  private final List<SandboxKind> kinds;
  private final Map<SandboxId, LocalSandbox> sandboxes = new ConcurrentHashMap<>();
  private final Set<SandboxName> starting = new HashSet<>();
  private final Set<String> unrecoveredLayers = ConcurrentHashMap.newKeySet();
  private volatile boolean unrecovered;

  private LocalPodRuntime(PodEnvironment environment, List<SandboxKind> kinds) {
    this.environment = environment;
    this.trash =
        Trash.open(environment.containerFolder().resolveSibling("trash"), environment.time());
    this.later = new LaterWork(environment.time());
    this.kinds = List.copyOf(kinds);
  }

  /**
   * Takes over what an earlier daemon left, then serves.
   *
   * @param kinds the default first
   */
  public static LocalPodRuntime recover(PodEnvironment environment, List<SandboxKind> kinds) {
    return recover(environment, kinds, PATIENCE);
  }

  /**
   * @param patience how long agents that do not answer are waited for, together
   */
  static LocalPodRuntime recover(
      PodEnvironment environment, List<SandboxKind> kinds, Duration patience) {
    LocalPodRuntime runtime = new LocalPodRuntime(environment, kinds);
    try {
      runtime.sweep(new Recovery(environment, runtime::adopting, runtime::enter, patience).run());
      return runtime;
    } catch (RuntimeException failure) {
      runtime.close();
      throw failure;
    }
  }

  /** What removed containers wrote and could not be deleted at the last attempt, and why. */
  public Map<Path, String> undeletedFiles() {
    return trash.undeleted();
  }

  /** Ends what this does by itself and lets go of the pods, which go on. */
  @Override
  public void close() {
    later.close();
    trash.close();
    sandboxes.values().forEach(sandbox -> sandbox.liveWorld().ifPresent(World::close));
  }

  private LocalSandbox enter(SandboxKind kind, SandboxRecord record) {
    LocalSandbox sandbox =
        new LocalSandbox(environment, later, trash, kind, record, this::retainLayers);
    sandboxes.put(record.id(), sandbox);
    return sandbox;
  }

  /** Ends and deletes what no record speaks of; what was not recovered is left as it is. */
  private void sweep(Recovery.Outcome outcome) {
    sandboxes.values().removeIf(sandbox -> sandbox.state() instanceof SandboxState.Removed);
    unrecovered = !outcome.complete() || !outcome.left().isEmpty();
    if (!outcome.complete()) {
      LOG.error("some records are left alone: nothing is swept, lest something that runs be hurt");
      return;
    }
    Set<SandboxId> known = new HashSet<>(sandboxes.keySet());
    known.add(SandboxId.NODE);
    Set<String> containers = new HashSet<>();
    for (LocalSandbox sandbox : sandboxes.values()) {
      // Also those whose making is undone once the agent answers.
      sandbox.allContainers().forEach(container -> containers.add(container.id().value()));
    }
    for (Stored left : outcome.left()) {
      known.add(left.sandbox().id());
      left.containers().forEach(container -> containers.add(container.id().value()));
      unrecoveredLayers.addAll(
          left.containers().stream().flatMap(container -> container.layers().stream()).toList());
    }
    Set<String> lost = ContainerFiles.unknown(environment.containerFolder(), containers);
    kinds.stream().filter(SandboxKind::adopts).forEach(kind -> kind.sweep(known, lost));
    environment.networks().retain(known);
    ContainerFiles.throwAway(environment.containerFolder(), lost, trash);
    retainLayers();
  }

  private void retainLayers() {
    kinds.stream().filter(SandboxKind::adopts).forEach(kind -> kind.retainLayers(this::usedLayers));
  }

  private Set<String> usedLayers() {
    Set<String> used = new HashSet<>(unrecoveredLayers);
    for (LocalSandbox sandbox : sandboxes.values()) {
      if (sandbox.mayRun()) {
        sandbox.allContainers().forEach(container -> used.addAll(container.record().layers()));
      }
    }
    return used;
  }

  /** Whether there are records that were left alone: what they speak of may run. */
  public boolean hasUnrecovered() {
    return unrecovered;
  }

  /** For a sandbox that is there. */
  private SandboxKind adopting(String name) {
    SandboxKind kind = named(name);
    if (!kind.adopts()) {
      throw cannotRun(kind);
    }
    return kind;
  }

  /** For a new sandbox. */
  private SandboxKind kind(String name) {
    SandboxKind kind = named(name);
    if (!kind.problem().isEmpty()) {
      throw cannotRun(kind);
    }
    return kind;
  }

  private static Failure cannotRun(SandboxKind kind) {
    return Failure.unsupported(
        "sandbox kind " + kind.name() + " cannot run here: " + kind.problem());
  }

  private SandboxKind named(String name) {
    for (SandboxKind kind : kinds) {
      if (name.isEmpty() || kind.name().equals(name)) {
        return kind;
      }
    }
    throw Failure.invalidArgument(
        "unknown sandbox kind "
            + name
            + "; this node has "
            + String.join(", ", kinds.stream().map(SandboxKind::name).toList()));
  }

  @Override
  public Sandbox runSandbox(SandboxSpec spec) {
    SandboxKind kind = kind(spec.kind());
    kind.check(spec);
    SandboxName claimed = spec.owner() == Owner.CLI ? typed(spec.name()) : spec.name();
    claim(claimed);
    try {
      requireTypedNameFree(spec);
      for (LocalSandbox existing : sandboxes.values()) {
        if (existing.spec().name().equals(spec.name())
            && existing.spec().owner() == spec.owner()
            && !(existing.state() instanceof SandboxState.Removed)) {
          return existing;
        }
      }
      return start(kind, spec);
    } finally {
      synchronized (starting) {
        starting.remove(claimed);
        starting.notifyAll();
      }
    }
  }

  /** What a person who typed it can tell it by. */
  private static SandboxName typed(SandboxName name) {
    return new SandboxName(name.name(), name.namespace(), "", 0);
  }

  /** People call their pods by name alone; a kubelet tells its own apart by uid and attempt. */
  private void requireTypedNameFree(SandboxSpec spec) {
    for (LocalSandbox existing : sandboxes.values()) {
      if (spec.owner() == Owner.CLI
          && existing.spec().owner() == Owner.CLI
          && typed(existing.spec().name()).equals(typed(spec.name()))
          && !existing.spec().name().equals(spec.name())
          && !(existing.state() instanceof SandboxState.Removed)) {
        throw Failure.alreadyExists(
            "pod %s exists: choose another name, or remove it first (beagle rm -f)"
                .formatted(spec.name().name()));
      }
    }
  }

  /** Waits until nobody else is making a sandbox of that name. */
  private void claim(SandboxName name) {
    synchronized (starting) {
      try {
        while (!starting.add(name)) {
          starting.wait();
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw Failure.cancelled("interrupted while sandbox " + name + " was being made");
      }
    }
  }

  private LocalSandbox start(SandboxKind kind, SandboxSpec spec) {
    SandboxId id = unusedId();
    WorldRecord world = kind.plan(id, spec.cgroupParent());
    SandboxRecord record =
        new SandboxRecord(
            SandboxRecord.VERSION,
            environment.bootId(),
            id,
            kind.name(),
            spec,
            environment.time().now(),
            new SandboxState.Starting(),
            world);
    try (Closer undo = new Closer()) {
      undo.onClose(() -> environment.records().delete(id));
      environment.records().write(record);
      LocalSandbox sandbox = enter(kind, record);
      undo.onClose(() -> sandboxes.remove(id));
      boolean ownNetwork = spec.network() != NamespaceMode.NODE;
      Optional<PodNetwork> network = Optional.empty();
      if (ownNetwork) {
        undo.onClose(() -> environment.networks().detach(id));
        network = Optional.of(environment.networks().attach(id, spec));
      }
      undo.onClose(() -> kind.forget(world));
      undo.onClose(() -> kind.discard(world, List.of()));
      World started = undo.register(kind.open(world));
      network.ifPresent(started::join);
      started
          .agent()
          .call(Request.newBuilder().setOpenSandbox(open(id, spec, network)), OPEN_LIMIT);
      sandbox.begin(
          started,
          new SandboxState.Ready(
              network.stream()
                  .flatMap(net -> net.addresses().stream())
                  .map(PodNetwork.Address::address)
                  .toList()));
      undo.release();
      return sandbox;
    }
  }

  private SandboxId unusedId() {
    SandboxId id = SandboxId.random();
    while (environment.records().occupied(id)) {
      id = SandboxId.random();
    }
    return id;
  }

  private static OpenSandbox open(SandboxId id, SandboxSpec spec, Optional<PodNetwork> network) {
    OpenSandbox.Builder open =
        OpenSandbox.newBuilder()
            .setSandbox(id.value())
            .setHostname(SandboxFiles.hostname(spec))
            .setOwnNetwork(network.isPresent())
            .setOwnIpc(spec.ipc() != NamespaceMode.NODE)
            .setSharedPid(spec.pid() == NamespaceMode.POD)
            .putAllSysctls(spec.sysctls())
            .putAllFiles(SandboxFiles.of(spec, network))
            .setShmBytes(SHM_BYTES);
    network.ifPresent(pod -> open.setNetwork(WireNetwork.of("eth0", pod, true)));
    return open.build();
  }

  @Override
  public Optional<Sandbox> findSandbox(SandboxId id) {
    return Optional.ofNullable(sandboxes.get(id)).map(sandbox -> sandbox);
  }

  @Override
  public List<Sandbox> sandboxes() {
    sandboxes.values().removeIf(sandbox -> sandbox.state() instanceof SandboxState.Removed);
    return sandboxes.values().stream()
        .filter(sandbox -> listed(sandbox.state()))
        .sorted(Comparator.comparing(LocalSandbox::createdAt))
        .map(Sandbox.class::cast)
        .toList();
  }

  private static boolean listed(SandboxState state) {
    return switch (state) {
      case SandboxState.Starting(), SandboxState.Removed() -> false;
      case SandboxState.Ready _, SandboxState.NotReady _ -> true;
    };
  }

  @Override
  public Optional<Container> findContainer(ContainerId id) {
    for (LocalSandbox sandbox : sandboxes.values()) {
      Optional<LocalContainer> found = sandbox.findContainer(id);
      if (found.isPresent()) {
        return found.map(container -> container);
      }
    }
    return Optional.empty();
  }

  @Override
  public List<Container> containers() {
    return sandboxes.values().stream()
        .flatMap(sandbox -> sandbox.localContainers().stream())
        .sorted(Comparator.comparing(LocalContainer::createdAt))
        .map(Container.class::cast)
        .toList();
  }

  @Override
  public List<SandboxKindStatus> kinds() {
    return kinds.stream().map(kind -> new SandboxKindStatus(kind.name(), kind.problem())).toList();
  }
}
