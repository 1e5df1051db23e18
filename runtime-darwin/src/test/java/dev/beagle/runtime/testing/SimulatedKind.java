package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A sandbox kind whose worlds are {@link SimulatedAgent}s; they outlive a daemon. */
public final class SimulatedKind implements SandboxKind {
  private final Path folder;
  private final Map<SandboxId, SimulatedAgent> worlds = new HashMap<>();
  private final Set<String> layers = new HashSet<>();
  private String problem = "";
  private boolean refusing;
  private int unanswered;
  private Set<String> discarded = Set.of();
  private final Set<SandboxId> remembered = new HashSet<>();
  private Consumer<SimulatedAgent> onOpen = agent -> {};
  private Consumer<SandboxId> onAdopt = sandbox -> {};
  private Consumer<SandboxId> onDiscard = sandbox -> {};

  public SimulatedKind(Path folder) {
    this.folder = folder;
  }

  public synchronized SimulatedAgent agent(SandboxId id) {
    SimulatedAgent agent = worlds.get(id);
    if (agent == null) {
      throw new IllegalStateException("no world of " + id);
    }
    return agent;
  }

  public synchronized int worldCount() {
    return worlds.size();
  }

  public synchronized Set<String> mountedLayers() {
    return Set.copyOf(layers);
  }

  /** What to do with each agent before it is asked anything. */
  public synchronized void onOpen(Consumer<SimulatedAgent> hook) {
    onOpen = hook;
  }

  /** Called in the thread that adopts; may block, as an agent that hangs does, or throw. */
  public synchronized void onAdopt(Consumer<SandboxId> hook) {
    onAdopt = hook;
  }

  /** Called before a world is discarded; what it throws is the kind's. */
  public synchronized void onDiscard(Consumer<SandboxId> hook) {
    onDiscard = hook;
  }

  /** Why it makes no new worlds; it goes on to see to those that are there. */
  public synchronized void refuseNew(String reason) {
    problem = reason;
  }

  /** Whether opening a world fails. */
  public synchronized void refuse(boolean newWorlds) {
    refusing = newWorlds;
  }

  /** Sandboxes whose world was discarded and not forgotten. */
  public synchronized Set<SandboxId> remembered() {
    return Set.copyOf(remembered);
  }

  /** The containers that the last discarded world had. */
  public synchronized Set<String> discarded() {
    return discarded;
  }

  /** How many adoptions find an agent that cannot be asked just now. */
  public synchronized void leaveUnanswered(int adoptions) {
    unanswered = adoptions;
  }

  @Override
  public String name() {
    return "simulated";
  }

  @Override
  public synchronized String problem() {
    return problem;
  }

  @Override
  public WorldTraits traits() {
    return new WorldTraits("amd64", -1, false, 0, List.of());
  }

  @Override
  public void check(SandboxSpec spec) {
    // The host is at hand: its namespaces can be had.
  }

  @Override
  public void check(ContainerSpec spec) {
    // The host is at hand: its folders can be had in every way.
  }

  @Override
  public WorldRecord plan(SandboxId id, String cgroupParent) {
    return new WorldRecord(id, folder.resolve(id.shortForm()).toString(), "/simulated", true);
  }

  @Override
  public synchronized World open(WorldRecord plan) {
    if (refusing) {
      throw Failure.internal("the world does not open");
    }
    SimulatedAgent agent = new SimulatedAgent();
    onOpen.accept(agent);
    worlds.put(plan.sandbox(), agent);
    return new SimulatedWorld(agent);
  }

  @Override
  public Optional<World> adopt(WorldRecord record) {
    adoptHook().accept(record.sandbox());
    return find(record);
  }

  private synchronized Consumer<SandboxId> adoptHook() {
    return onAdopt;
  }

  private synchronized Optional<World> find(WorldRecord record) {
    if (unanswered > 0) {
      unanswered--;
      throw Failure.unavailable("too many open files");
    }
    return Optional.ofNullable(worlds.get(record.sandbox()))
        .filter(SimulatedAgent::alive)
        .map(SimulatedWorld::new);
  }

  @Override
  public synchronized void discard(WorldRecord record, Collection<String> containers) {
    onDiscard.accept(record.sandbox());
    worlds.remove(record.sandbox());
    discarded = Set.copyOf(containers);
    remembered.add(record.sandbox());
  }

  @Override
  public String endReason(WorldRecord record) {
    return "the simulated world went away";
  }

  @Override
  public synchronized void forget(WorldRecord record) {
    remembered.remove(record.sandbox());
  }

  @Override
  public synchronized void sweep(Set<SandboxId> known, Set<String> lost) {
    worlds.keySet().retainAll(known);
  }

  @Override
  public void retire() {}

  @Override
  public synchronized void retainLayers(Supplier<Set<String>> used) {
    layers.retainAll(used.get());
  }

  private final class SimulatedWorld implements World {
    private final SimulatedAgent simulated;
    private final GuestAgent agent;

    SimulatedWorld(SimulatedAgent simulated) {
      this.simulated = simulated;
      this.agent = simulated.connect();
    }

    @Override
    public GuestAgent agent() {
      return agent;
    }

    @Override
    public void addFolders(List<WorldFolder> folders) {
      for (WorldFolder each : folders) {
        if (each instanceof WorldFolder.Layer layer) {
          synchronized (SimulatedKind.this) {
            layers.add(layer.diffId());
          }
        } else {
          simulated.addFolder(each.name());
        }
      }
    }

    @Override
    public void removeFolders(List<String> names) {
      names.forEach(simulated::removeFolder);
    }

    @Override
    public String openLog(Path path) {
      return "log";
    }

    @Override
    public String cgroupOf(String container) {
      return "/simulated/" + container;
    }

    @Override
    public void close() {
      agent.close();
    }
  }
}
