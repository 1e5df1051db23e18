package dev.beagle.node;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import dev.beagle.image.pull.Images;
import dev.beagle.image.pull.ImagesSettings;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.registry.ProxySettings;
import dev.beagle.image.registry.RegistrySettings;
import dev.beagle.lifecycle.Closer;
import dev.beagle.lifecycle.Tasks;
import dev.beagle.net.control.SwitchProcess;
import dev.beagle.net.control.SwitchSettings;
import dev.beagle.net.wire.IpPrefix;
import dev.beagle.node.cli.NodeStarter.RunningNode;
import dev.beagle.node.config.Installation;
import dev.beagle.node.config.NodeConfig;
import dev.beagle.node.config.NodeConfig.ProxyEnvironment;
import dev.beagle.node.config.Version;
import dev.beagle.node.cri.CriBackend;
import dev.beagle.node.cri.CriNode;
import dev.beagle.node.cri.CriServer;
import dev.beagle.node.cri.NodeSigns;
import dev.beagle.node.images.ImageCallsBackend;
import dev.beagle.node.images.ImageRoots;
import dev.beagle.node.network.HostInterface;
import dev.beagle.node.network.RouteConflict;
import dev.beagle.node.network.SwitchNetworks;
import dev.beagle.node.network.SwitchWatch;
import dev.beagle.node.stats.NodeDiskUsage;
import dev.beagle.node.streaming.StreamingServer;
import dev.beagle.runtime.lifecycle.LocalPodRuntime;
import dev.beagle.runtime.lifecycle.PodEnvironment;
import dev.beagle.runtime.namespaces.NamespacesKind;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxKindStatus;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: makes the node's parts in order, gives each what it needs, and takes them
 * down in reverse. Pods, their agents and the switch are not parts: they go on without us.
 */
final class NodeDaemon implements RunningNode {
  private static final Logger LOG = LoggerFactory.getLogger(NodeDaemon.class);

  private static final Duration STOP_GRACE = Duration.ofSeconds(10);

  private final Closer parts = new Closer();
  private final NodeConfig config;
  private final List<SandboxKind> kinds;
  private final LocalPodRuntime runtime;
  private final SwitchWatch network;
  private final Optional<HostInterface> hostInterface;

  private NodeDaemon(
      NodeConfig config, Installation installation, HostPlatform platform, Time time) {
    this.config = config;
    // Undoes what outlives us, when the start fails on a node without pods.
    Closer undo = new Closer();
    try {
      if (config.network().hostInterface()) {
        RouteConflict.refuse(config.network().podCidr(), HostInterface.nameFor(config.run()));
      }
      RecordStore records = new RecordStore(config.run().resolve("sandboxes"));
      // Loading them here would take what recovery is to find: it sets aside what is damaged.
      boolean fresh = records.isEmpty();
      SwitchSettings settings = switchSettings(config);
      network =
          parts.register(
              SwitchWatch.open(
                  () ->
                      SwitchProcess.ensure(settings, switchCommand(installation), time, LOG::warn),
                  time));
      if (fresh) {
        undo.onClose(network::shutdown);
      }
      SwitchNetworks networks = new SwitchNetworks(network.client());
      Images images = parts.register(Images.open(imagesSettings(config), time));
      kinds = SandboxKinds.of(config, installation, platform, network.client().portSocket(), time);
      runtime =
          parts.register(
              LocalPodRuntime.recover(environment(config, records, images, networks, time), kinds));
      warnOfDefaultKind(kinds.getFirst());
      images.collect();
      hostInterface = hostInterface(config, kinds, time);
      if (fresh) {
        undo.onClose(() -> hostInterface.ifPresent(HostInterface::end));
      }
      NodeDiskUsage disks =
          parts.register(
              NodeDiskUsage.open(imagesSettings(config).folder(), containerFolder(config), time));
      StreamingServer streaming = parts.register(StreamingServer.open(time));
      CriServer server =
          parts.register(
              CriServer.open(
                  config.criSocket(),
                  new CriNode(Version.CURRENT, config.root(), config.run(), platform.linux()),
                  new CriBackend(
                      runtime,
                      networks,
                      new ImageCallsBackend(
                          images, Platform.linux(SandboxKinds.imageArchitecture(kinds, platform))),
                      disks,
                      new NodeSigns(
                          records::damaged,
                          () -> hostInterface.flatMap(HostInterface::problem),
                          runtime::undeletedFiles),
                      new StreamingUrls(streaming)),
                  time));
      server.admitCalls();
    } catch (RuntimeException failure) {
      closeAfter(failure, undo);
      closeAfter(failure, parts);
      throw failure;
    }
  }

  /** It serves images and other kinds all the same; pods that name no kind are refused. */
  private static void warnOfDefaultKind(SandboxKind kind) {
    if (!kind.problem().isEmpty()) {
      LOG.warn(
          "sandbox kind {}, the default, cannot run here: {}; see beagle doctor",
          kind.name(),
          kind.problem());
    }
  }

  static NodeDaemon start(NodeConfig config, Installation installation) {
    return new NodeDaemon(config, installation, HostPlatform.current(), Time.system());
  }

  private static void closeAfter(RuntimeException failure, Closer closer) {
    try {
      closer.close();
    } catch (RuntimeException second) {
      failure.addSuppressed(second);
    }
  }

  private static SwitchSettings switchSettings(NodeConfig config) {
    return new SwitchSettings(
        config.run().resolve("switch"),
        IpPrefix.parse(config.network().podCidr()),
        SwitchSettings.DEFAULT_MTU,
        SwitchSettings.DEFAULT_RESOLVER_FILE);
  }

  private static List<String> switchCommand(Installation installation) {
    return SwitchProcess.command(
        installation.java(), installation.classPath(), installation.switchCache());
  }

  private static ImagesSettings imagesSettings(NodeConfig config) {
    ImagesSettings defaults = ImagesSettings.defaults(config.root().resolve("images"));
    RegistrySettings registry =
        config
            .registry()
            .configPath()
            .map(RegistrySettings.defaults()::withConfigPath)
            .orElseGet(RegistrySettings::defaults);
    ProxyEnvironment proxy = config.registry().proxy();
    ProxySettings proxies = ProxySettings.of(proxy.http(), proxy.https(), proxy.exceptions());
    return new ImagesSettings(
        defaults.folder(),
        registry.withProxies(proxies),
        defaults.layersAtOnce(),
        config.images().maxLayerBytes());
  }

  private static PodEnvironment environment(
      NodeConfig config, RecordStore records, Images images, SwitchNetworks networks, Time time) {
    return new PodEnvironment(
        records, new ImageRoots(images), networks, containerFolder(config), bootId(), time);
  }

  private static Path containerFolder(NodeConfig config) {
    return config.root().resolve("containers");
  }

  /** Changes with every start of the kernel; where there is none, nothing outlives a restart. */
  private static String bootId() {
    Path file = Path.of("/proc/sys/kernel/random/boot_id");
    try {
      return Files.exists(file) ? Files.readString(file).strip() : "";
    } catch (IOException error) {
      throw Failure.internal("cannot read " + file, error);
    }
  }

  private Optional<HostInterface> hostInterface(
      NodeConfig config, List<SandboxKind> kinds, Time time) {
    if (!config.network().hostInterface()) {
      return Optional.empty();
    }
    // Whatever the default kind is, an agent in the host's own namespaces holds it.
    return kinds.stream()
        .filter(kind -> kind.name().equals(NamespacesKind.NAME) && kind.problem().isEmpty())
        .findFirst()
        .map(kind ->
            parts.register(
                HostInterface.open(
                    kind, network.client(), HostInterface.nameFor(config.run()), time)));
  }

  @Override
  public String summary() {
    SandboxKindStatus first = runtime.kinds().getFirst();
    return "pod network %s, sandbox kind %s%s"
        .formatted(
            config.network().podCidr(),
            first.name(),
            first.usable() ? "" : ", which cannot run here");
  }

  @Override
  public void stop(boolean stopPods) {
    if (stopPods) {
      Tasks.all(
          runtime.sandboxes().stream()
              .map(sandbox ->
                  (Callable<Boolean>)
                      () -> {
                        sandbox.stop(STOP_GRACE);
                        return true;
                      })
              .toList());
    }
    if (runtime.hasUnrecovered()) {
      LOG.warn("pods that were not recovered may go on, and so the network does");
    }
    // Whatever fails, the rest is taken down too: last registered, first done.
    try (Closer ending = new Closer()) {
      ending.onClose(parts::close);
      if (!runtime.hasUnrecovered()
          && runtime.sandboxes().stream().noneMatch(NodeDaemon::isReady)) {
        // Nobody needs the network any more: what is started next time is new.
        kinds.forEach(kind -> ending.onClose(kind::retire));
        ending.onClose(network::shutdown);
        hostInterface.ifPresent(opened -> ending.onClose(opened::end));
      }
    }
  }

  private static boolean isReady(Sandbox sandbox) {
    return sandbox.state() instanceof SandboxState.Ready;
  }
}
