package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.host.HostPlatform;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.SocketGuestAgent;
import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Time;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sandboxes of plain namespaces on this Linux host. */
public final class NamespacesKind implements SandboxKind {
  /** The kind's name for clients. */
  public static final String NAME = "namespaces";

  private static final Logger LOG = LoggerFactory.getLogger(NamespacesKind.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  /** Every node of this host has a folder of its own in it. */
  private static final String OUR_CGROUPS = "/beagle";

  private final Path sandboxFolder;
  private final String ownCgroup;
  private final Path portSocket;
  private final Cgroups cgroups;
  private final CgroupIndex index;
  private final Toolbox toolbox;
  private final WorldTraits traits;
  private final LayerMounts layers;
  private final AgentFinder agents;

  private NamespacesKind(
      Path sandboxFolder,
      String ownCgroup,
      Path portSocket,
      Cgroups cgroups,
      CgroupIndex index,
      Toolbox toolbox,
      WorldTraits traits,
      LayerMounts layers) {
    this.sandboxFolder = sandboxFolder;
    this.ownCgroup = ownCgroup;
    this.portSocket = portSocket;
    this.cgroups = cgroups;
    this.index = index;
    this.toolbox = toolbox;
    this.traits = traits;
    this.layers = layers;
    this.agents = new AgentFinder(NamespacesKind::dial, index, layers);
  }

  /**
   * @param root for the tools
   * @param run for sandboxes and layer mounts
   * @param portSocket the switch's socket for ports
   * @param ociRuntime crun or runc
   */
  public static NamespacesKind create(
      Path root, Path run, Path portSocket, Path ociRuntime, Time time) {
    try {
      HostPlatform platform = HostPlatform.current();
      Cgroups cgroups = Cgroups.detect(time);
      return new NamespacesKind(
          run.resolve("sandboxes"),
          OUR_CGROUPS
              + "/"
              + Integer.toHexString(run.toAbsolutePath().normalize().toString().hashCode()),
          portSocket,
          cgroups,
          new CgroupIndex(root.resolve("cgroups")),
          Toolbox.assemble(root.resolve("toolbox"), ociRuntime, platform.architecture()),
          HostTraits.read(platform, cgroups),
          new LayerMounts(run.resolve("layers")));
    } catch (IOException error) {
      throw Failure.internal("cannot read what this host offers: " + error.getMessage(), error);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String problem() {
    return "";
  }

  @Override
  public WorldTraits traits() {
    return traits;
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
    boolean own = cgroupParent.isEmpty();
    String parent = own ? ownCgroup + "/" + id : Path.of("/", cgroupParent).normalize().toString();
    if (!Cgroups.isNormal(parent)) {
      throw Failure.invalidArgument(
          "cgroup parent " + Failure.shown(cgroupParent) + " is the root: name a cgroup below it");
    }
    return new WorldRecord(id, sandboxFolder.resolve(id.shortForm()).toString(), parent, own);
  }

  @Override
  public World open(WorldRecord plan) {
    index.enter(plan);
    try {
      launch(plan);
      return connect(plan, List.of());
    } catch (RuntimeException failure) {
      try {
        discard(plan, List.of());
      } catch (RuntimeException undo) {
        failure.addSuppressed(undo);
      }
      throw failure;
    }
  }

  private void launch(WorldRecord plan) {
    List<String> command = new ArrayList<>();
    command.add(toolbox.agent().toString());
    command.addAll(
        List.of(
            "sandbox",
            "--socket",
            AgentFinder.socket(plan).toString(),
            "--port",
            portSocket.toString(),
            "--toolbox",
            toolbox.folder().toString()));
    for (Path cgroup : cgroups.createForAgent(agentCgroup(plan))) {
      command.add("--cgroup");
      command.add(cgroup.toString());
    }
    Path log = Path.of(plan.folder(), "agent.log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.directory(Path.of("/").toFile());
    try {
      Process process = builder.start();
      awaitReady(process, log);
    } catch (IOException error) {
      throw Failure.internal(
          "cannot start the guest agent " + toolbox.agent() + ": " + error.getMessage(), error);
    }
  }

  private static void awaitReady(Process process, Path log) {
    CompletableFuture<String> line = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("agent-start")
        .start(() -> {
          try (BufferedReader reader = process.inputReader()) {
            line.complete(String.valueOf(reader.readLine()));
          } catch (IOException error) {
            line.completeExceptionally(error);
          }
        });
    try {
      String answer = line.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (!answer.equals("ready")) {
        throw Failure.internal("the guest agent did not start: " + lastLine(log));
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while starting the guest agent");
    } catch (ExecutionException | TimeoutException error) {
      process.destroyForcibly();
      throw Failure.of(
          FailureKind.TIMED_OUT,
          "the guest agent did not become ready in " + START_LIMIT + ": " + lastLine(log),
          error);
    }
  }

  private static String lastLine(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.isEmpty() ? "no message" : lines.getLast();
    } catch (IOException error) {
      return "no message";
    }
  }

  @Override
  public Optional<World> adopt(WorldRecord record) {
    return agents.find(record);
  }

  private World connect(WorldRecord record, List<String> folders) {
    return new NamespacesWorld(record, AgentFinder.socket(record), dial(record), layers, folders);
  }

  private static GuestAgent dial(WorldRecord record) {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(AgentFinder.socket(record));
    return SocketGuestAgent.connect(
        record.sandbox().shortForm(),
        () -> {
          SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
          try {
            channel.connect(address);
            return channel;
          } catch (IOException error) {
            channel.close();
            throw error;
          }
        });
  }

  @Override
  public void discard(WorldRecord record, Collection<String> containers) {
    List<String> paths = new ArrayList<>();
    for (String container : containers) {
      paths.add(record.cgroupParent() + "/" + container);
    }
    paths.add(agentCgroup(record));
    if (record.ownsCgroupParent()) {
      paths.add(record.cgroupParent());
    }
    cgroups.killAndRemove(paths);
    index.remove(record.sandbox());
    try {
      Files.deleteIfExists(AgentFinder.socket(record));
    } catch (IOException error) {
      throw Failure.internal("cannot remove " + AgentFinder.socket(record), error);
    }
  }

  @Override
  public void sweep(Set<SandboxId> known, Set<String> lost) {
    Set<String> ids = known.stream().map(SandboxId::value).collect(Collectors.toSet());
    // Of nodes that were killed in folders where nobody will start one again.
    cgroups.removeAbandoned(OUR_CGROUPS);
    for (String child : cgroups.children(ownCgroup)) {
      if (!ids.contains(child)) {
        end(child, List.of(ownCgroup + "/" + child));
      }
    }
    index
        .parents()
        .forEach((id, parent) -> {
          if (!ids.contains(id)) {
            // Others may use the same parent: only what carries an id of ours is touched.
            List<String> ours =
                cgroups.children(parent).stream()
                    .filter(child -> child.equals(id) || lost.contains(child))
                    .map(child -> parent + "/" + child)
                    .toList();
            if (end(id, ours)) {
              index.remove(id);
            }
          }
        });
  }

  /** What cannot be ended is left for the next start: it must not keep the node from starting. */
  private boolean end(String id, List<String> paths) {
    try {
      if (!paths.isEmpty()) {
        LOG.warn("ending what is left of sandbox {}, which has no record", id);
        cgroups.killAndRemove(paths);
      }
      return true;
    } catch (Failure failure) {
      LOG.error("sandbox {}, which has no record, goes on: {}", id, failure.reason());
      return false;
    }
  }

  @Override
  public void retire() {
    cgroups.removeEmpty(ownCgroup);
    cgroups.removeEmpty(OUR_CGROUPS);
  }

  @Override
  public void retainLayers(Supplier<Set<String>> used) {
    layers.retain(used);
  }

  private static String agentCgroup(WorldRecord record) {
    return record.cgroupParent() + "/" + record.sandbox();
  }
}
