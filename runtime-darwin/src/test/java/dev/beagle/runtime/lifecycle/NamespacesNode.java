package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.namespaces.NamespacesKind;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.pod.RootFilesystems;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.testing.NoNetworks;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A node of this host's namespaces in a folder, with the daemon of the moment. */
final class NamespacesNode {
  private final Path folder;
  private final RootFilesystems images;
  private NamespacesKind kind;
  private LocalPodRuntime runtime;

  NamespacesNode(Path folder, RootFilesystems images) {
    this.folder = folder;
    this.images = images;
    this.kind = kind(folder);
    this.runtime = recover();
  }

  LocalPodRuntime runtime() {
    return runtime;
  }

  private static NamespacesKind kind(Path folder) {
    Path run = folder.resolve("run");
    return NamespacesKind.create(
        folder.resolve("root"),
        run,
        run.resolve("port.sock"),
        Path.of("/usr/bin/crun"),
        Time.system());
  }

  private LocalPodRuntime recover() {
    return LocalPodRuntime.recover(
        new PodEnvironment(
            new RecordStore(folder.resolve("run/sandboxes")),
            images,
            new NoNetworks(),
            folder.resolve("root/containers"),
            "boot",
            Time.system()),
        List.of(kind));
  }

  /** As kill -9 of the daemon and a start of the next: the old one's connections just end. */
  void restart() {
    runtime.close();
    kind = kind(folder);
    runtime = recover();
  }

  /** Removes all sandboxes, and holds that nothing of them is left on this host. */
  void removeAllAndCheck() throws IOException {
    runtime.sandboxes().forEach(Sandbox::remove);
    runtime.close();
    kind.retire();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(folder.toString());
    try (Stream<Path> left = Files.walk(folder.resolve("run"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
    Path containers = folder.resolve("root/containers");
    if (Files.exists(containers)) {
      assertThat(containers).isEmptyDirectory();
    }
  }

  /** What a command in the container writes, both streams, and its exit code. */
  static String output(Container container, String... command)
      throws IOException, InterruptedException {
    ExecSpec spec = new ExecSpec(List.of(command), false, false, true, true, Optional.empty());
    try (ContainerProcess process = container.exec(spec)) {
      String text =
          new String(process.stdout().orElseThrow().readAllBytes(), StandardCharsets.UTF_8)
              + new String(process.stderr().orElseThrow().readAllBytes(), StandardCharsets.UTF_8);
      return text + "exit " + process.await().code();
    }
  }
}
