package dev.beagle.runtime.guest;

import com.google.protobuf.ByteString;
import dev.beagle.runtime.guest.wire.CreateContainer;
import dev.beagle.runtime.namespaces.NamespacesKind;
import dev.beagle.runtime.oci.ContainerConfig;
import dev.beagle.runtime.oci.ContainerConfig.MountedFolder;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.BusyboxImage;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The agent in C with a real crun, on this host. Needs root, crun and mkfs.erofs. */
@Tag("root")
final class LinuxAgentIT extends GuestAgentContract {
  /** Its folder /gate holds the exit code as soon as it is to end. */
  private static final List<String> UNTIL_TOLD =
      List.of(
          "/bin/sh", "-c", "until [ -e /gate/code ]; do sleep 0.02; done; exit $(cat /gate/code)");

  @TempDir Path folder;

  private BusyboxImage image;
  private NamespacesKind kind;

  @Override
  @BeforeEach
  void open() throws IOException {
    image = BusyboxImage.require(folder.resolve("image"));
    Path run = folder.resolve("run");
    kind =
        NamespacesKind.create(
            folder.resolve("root"),
            run,
            run.resolve("port.sock"),
            Path.of("/usr/bin/crun"),
            Time.system());
    super.open();
  }

  @AfterEach
  void nothingIsMounted() {
    // Absent when the test is skipped.
    if (kind != null) {
      kind.retainLayers(Set::of);
      kind.retire();
    }
  }

  @Override
  protected SandboxKind kind() {
    return kind;
  }

  @Override
  protected CreateContainer container(World world, ContainerId id) throws IOException {
    Path upper = folder.resolve("upper-" + id.shortForm());
    Files.createDirectories(upper.resolve("upper"));
    Files.createDirectories(upper.resolve("work"));
    RootFilesystem.Layer layer = image.open("").layers().getFirst();
    world.addFolders(
        List.of(
            new WorldFolder.Layer("layer", layer.diffId(), layer.image()),
            new WorldFolder.Host("upper", upper, WorldFolder.Access.WRITABLE),
            new WorldFolder.Host(
                "gate", Files.createDirectories(gate(id)), WorldFolder.Access.READ_ONLY)));
    ContainerSpec spec = Specs.container("c", UNTIL_TOLD.toArray(String[]::new));
    FolderMount mount = new FolderMount("/gate", "/", true, false, Propagation.PRIVATE);
    String cgroup = world.cgroupOf(id.value());
    ContainerConfig config =
        new ContainerConfig(
            id,
            Specs.hostNetworkSandbox("contract"),
            spec,
            new ResolvedProcess(UNTIL_TOLD, List.of("PATH=/bin"), "/", 0, 0, List.of(0L), 15),
            List.of(new MountedFolder(mount, "gate")),
            cgroup,
            0,
            kind.traits());
    return CreateContainer.newBuilder()
        .setContainer(id.value())
        .addLayers("layer")
        .setUpper("upper")
        .setConfig(ByteString.copyFrom(config.json()))
        .setCgroup(cgroup)
        .build();
  }

  private Path gate(ContainerId id) {
    return folder.resolve("gate-" + id.shortForm());
  }

  @Override
  protected void end(SandboxId sandbox, ContainerId id, int code) throws IOException {
    // In one step: the process must not read an empty file.
    Path draft = Files.writeString(folder.resolve("code"), Integer.toString(code));
    Files.move(draft, gate(id).resolve("code"), StandardCopyOption.ATOMIC_MOVE);
  }
}
