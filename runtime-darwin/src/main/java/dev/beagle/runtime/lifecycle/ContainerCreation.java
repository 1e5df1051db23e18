package dev.beagle.runtime.lifecycle;

import com.google.protobuf.ByteString;
import dev.beagle.failure.Failure;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.guest.wire.CreateContainer;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.oci.ContainerConfig;
import dev.beagle.runtime.oci.ContainerConfig.MountedFolder;
import dev.beagle.runtime.oci.ProcessResolution;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.state.ContainerRecord;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldFolder.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The making of one container: record, files, folders, the OCI runtime's create; undone in reverse
 * when a step fails. Runs under the sandbox's lock.
 */
final class ContainerCreation {
  private final LocalSandbox sandbox;
  private final World world;
  private final ContainerSpec spec;
  private final ContainerId id = ContainerId.random();
  private final List<WorldFolder> folders = new ArrayList<>();
  private final List<MountedFolder> mounts = new ArrayList<>();

  ContainerCreation(LocalSandbox sandbox, World world, ContainerSpec spec) {
    this.sandbox = sandbox;
    this.world = world;
    this.spec = spec;
  }

  LocalContainer run() {
    check();
    PodEnvironment environment = sandbox.environment();
    try (Closer undo = new Closer();
        RootFilesystem root = environment.images().open(spec.imageId())) {
      requireArchitecture(root);
      ResolvedProcess process =
          ProcessResolution.resolve(spec, root, SandboxFiles.hostname(sandbox.spec()));
      long targetPid = targetPid();
      planFolders(root);
      ContainerRecord record = record(process, root);
      environment.records().write(record);
      undo.onClose(() -> environment.records().delete(sandbox.id(), id));
      LocalContainer container = new LocalContainer(sandbox, record);
      // Known from here on, so that nobody takes its layers away; not listed while CREATING.
      sandbox.add(container);
      undo.onClose(() -> sandbox.forget(id));
      ContainerFiles.create(environment.containerFolder(), id);
      undo.onClose(() -> sandbox.throwAwayFilesOf(id));
      undo.onClose(() -> SandboxEnd.deleteInWorld(world, record));
      world.addFolders(folders);
      undo.onClose(() -> sandbox.undone(id));
      create(process, targetPid, record);
      container.life().kept();
      undo.release();
      return container;
    }
  }

  private void check() {
    sandbox.sandboxKind().check(spec);
    if (spec.security().privileged() && !sandbox.spec().privileged()) {
      throw Failure.invalidArgument(
          "no privileged container allowed in sandbox "
              + sandbox.id().shortForm()
              + ": make the sandbox privileged");
    }
    if (spec.security().pid() == NamespaceMode.POD && sandbox.spec().pid() != NamespaceMode.POD) {
      throw Failure.invalidArgument(
          "container wants the pod's PID namespace, but the sandbox was made without one: set"
              + " namespace_options.pid POD on the sandbox");
    }
  }

  /** Images are pulled for the node's default kind; another may run another architecture. */
  private void requireArchitecture(RootFilesystem root) {
    String wanted = sandbox.sandboxKind().traits().architecture();
    if (!root.architecture().equals(wanted)) {
      throw Failure.unsupported(
          "image %s is for %s, and sandboxes of kind %s run %s: pull it anew while"
                  .formatted(
                      Failure.shown(spec.imageName()), root.architecture(), sandbox.kind(), wanted)
              + " the daemon's sandbox.default is "
              + sandbox.kind());
    }
  }

  private long targetPid() {
    if (spec.security().pid() != NamespaceMode.TARGET) {
      return 0;
    }
    String target = spec.security().pidTarget();
    return sandbox.localContainers().stream()
        .filter(other -> other.id().value().equals(target))
        .findFirst()
        .map(LocalContainer::state)
        .filter(ContainerState.Running.class::isInstance)
        .map(state -> ((ContainerState.Running) state).pid())
        .orElseThrow(() ->
            Failure.wrongState("target container " + target + " does not run in this sandbox"));
  }

  private void planFolders(RootFilesystem root) {
    for (RootFilesystem.Layer layer : root.layers()) {
      folders.add(new WorldFolder.Layer(layerName(layer.diffId()), layer.diffId(), layer.image()));
    }
    folders.add(
        new WorldFolder.Written(
            upperName(), sandbox.environment().containerFolder().resolve(id.value())));
    int number = 0;
    for (FolderMount mount : spec.mounts()) {
      String name = "m" + number++ + "-" + id.shortForm();
      // Read-only is the container's own, and made by the OCI runtime, which knows of the mount
      // itself only: what goes further is done to our copy.
      Access access = mount.recursiveReadOnly() ? Access.READ_ONLY : Access.WRITABLE;
      folders.add(new WorldFolder.Host(name, source(mount), access));
      mounts.add(new MountedFolder(mount, name));
    }
  }

  private static String layerName(String diffId) {
    int hex = diffId.indexOf(':') + 1;
    return "layer-" + diffId.substring(hex, Math.min(diffId.length(), hex + 32));
  }

  private String upperName() {
    return "upper-" + id.shortForm();
  }

  private static Path source(FolderMount mount) {
    Path path = Path.of(mount.hostPath());
    if (!path.isAbsolute()) {
      throw Failure.invalidArgument("mount source " + Failure.shown(path) + " is not absolute");
    }
    try {
      if (!Files.exists(path)) {
        Files.createDirectories(path);
      }
      return path.toRealPath();
    } catch (IOException error) {
      throw Failure.invalidArgument(
          "mount source "
              + Failure.shown(path)
              + " cannot be used: "
              + Failure.shown(error.getMessage()));
    }
  }

  private ContainerRecord record(ResolvedProcess process, RootFilesystem root) {
    return new ContainerRecord(
        ContainerRecord.VERSION,
        id,
        sandbox.id(),
        Phase.CREATING,
        spec,
        process,
        sandbox.environment().time().now(),
        new ContainerState.Created(),
        logPath().map(Path::toString).orElse(""),
        root.layers().stream().map(RootFilesystem.Layer::diffId).toList(),
        folders.stream()
            .filter(folder -> !(folder instanceof WorldFolder.Layer))
            .map(WorldFolder::name)
            .toList());
  }

  private Optional<Path> logPath() {
    if (sandbox.spec().logDirectory().isEmpty() || spec.logPath().isEmpty()) {
      return Optional.empty();
    }
    Path directory = Path.of(sandbox.spec().logDirectory());
    Path path = directory.resolve(spec.logPath()).normalize();
    if (!directory.isAbsolute() || !path.startsWith(directory.normalize())) {
      throw Failure.invalidArgument(
          "log path "
              + Failure.shown(spec.logPath())
              + " leads out of the log directory "
              + Failure.shown(directory));
    }
    return Optional.of(path);
  }

  private void create(ResolvedProcess process, long targetPid, ContainerRecord record) {
    String cgroup = world.cgroupOf(id.value());
    ContainerConfig config =
        new ContainerConfig(
            id,
            sandbox.spec(),
            spec,
            process,
            mounts,
            cgroup,
            targetPid,
            sandbox.sandboxKind().traits());
    CreateContainer.Builder create =
        CreateContainer.newBuilder()
            .setContainer(id.value())
            .setUpper(upperName())
            .setConfig(ByteString.copyFrom(config.json()))
            .setStdin(spec.stdin())
            .setStdinOnce(spec.stdinOnce())
            .setTty(spec.tty())
            .setCgroup(cgroup)
            // With the host the container ends, and nobody mounts what it wrote again.
            .setUnsynced(true);
    record.layers().forEach(diffId -> create.addLayers(layerName(diffId)));
    if (!record.logPath().isEmpty()) {
      create.setLog(openLog(Path.of(record.logPath())));
    }
    world.agent().call(Request.newBuilder().setCreateContainer(create), LocalContainer.CALL_LIMIT);
  }

  private String openLog(Path path) {
    Path directory = Path.of(sandbox.spec().logDirectory());
    Path parent = path.resolveSibling(".").normalize();
    try {
      Files.createDirectories(parent);
      if (!parent.toRealPath().startsWith(directory.toRealPath())) {
        throw Failure.invalidArgument(
            "log path " + path + " leads by a link out of the log directory " + directory);
      }
    } catch (IOException error) {
      throw Failure.invalidArgument(
          "log directory of " + Failure.shown(path) + ": " + Failure.shown(error.getMessage()));
    }
    return world.openLog(path);
  }
}
