package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pod's life while RUN or ROOT has no byte left: making fails and leaves nothing, what runs goes
 * on, stopping and removing work; with room again all is as it was told.
 */
@Timeout(180)
final class FullDiskIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  private Node node;
  private Registry registry;

  @BeforeEach
  void start() throws IOException {
    Prepared prepared = Prepared.orSkip();
    node = Node.make(prepared);
    mount(node.root(), "300m");
    mount(Files.createDirectory(node.runFolder()), "16m");
    registry = Registry.start(prepared, node.base(), NodeIT.REGISTRY_PORT, false);
    for (String host : List.of("registry.k8s.io", "docker.io")) {
      registry.mirror(node.hosts(), host);
    }
    node.start();
    crictl().run("pull", Crictl.BUSYBOX);
  }

  /** On the tests' own machine: the mount goes with it at the latest. */
  private static void mount(Path folder, String size) {
    Command.run(
            List.of(
                "mount", "-t", "tmpfs", "-o", "mode=0700,size=" + size, "full", folder.toString()))
        .ok();
  }

  @AfterEach
  void end() {
    if (node != null) {
      node.close();
    }
    if (registry != null) {
      registry.close();
    }
  }

  private Crictl crictl() {
    return node.crictl();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "root"})
  void aPodEndsOnAFullDisk(String folder) throws IOException {
    Path filler = node.base().resolve(folder).resolve("filler");
    Crictl.Pod first = crictl().runPod(Config.pod(node, "first"));
    // What a node makes once for all pods is there from here on.
    crictl().startContainer(first, Config.container("first", Crictl.BUSYBOX, "true"));
    crictl().remove(first);
    LeakCheck leaks = LeakCheck.of(node);

    Crictl.Pod pod = crictl().runPod(Config.pod(node, "pod"));
    String runs =
        crictl().startContainer(pod, Config.container("runs", Crictl.BUSYBOX, "sleep", "1000"));
    String created =
        crictl().create(pod, Config.container("created", Crictl.BUSYBOX, "sleep", "1000"));
    Path go = node.base().resolve("go");
    String ends =
        crictl()
            .startContainer(
                pod,
                Config.container(
                        "ends",
                        Crictl.BUSYBOX,
                        "sh",
                        "-c",
                        "while [ ! -e /b/go ]; do sleep 0.05; done; exit 9")
                    .with(
                        "mounts",
                        List.of(
                            java.util.Map.of(
                                "container_path", "/b", "host_path", node.base().toString()))));
    fill(filler);
    Files.createFile(go);

    await().atMost(SOON).until(() -> crictl().state(ends).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(ends).path("exitCode").asInt()).isEqualTo(9);
    assertThat(crictl().execSync(runs, "echo", "well")).isEqualTo("well");
    crictl().run("start", created);
    assertThat(crictl().state(created)).isEqualTo("CONTAINER_RUNNING");
    String none = Config.pod(node, "none").file(node.base()).toString();
    assertThat(crictl().call("runp", none).failure()).containsIgnoringCase("no space left");
    crictl().run("stop", "--timeout", "0", created);
    crictl().run("rm", created);
    crictl().run("stopp", pod.id());
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_NOTREADY");
    crictl().run("rm", ends);

    if (folder.equals("run")) {
      aNodeStartsAnew();
    }
    Files.delete(filler);
    // Told once more by the records, as soon as there is room for them.
    await()
        .atMost(SOON)
        .untilAsserted(() -> {
          node.kill();
          node.start();
          assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_NOTREADY");
          assertThat(crictl().state(runs)).isEqualTo("CONTAINER_EXITED");
          assertThat(crictl().run("ps", "-a", "-q").lines()).containsExactly(runs);
        });
    fill(filler);
    crictl().run("rmp", pod.id());
    assertThat(crictl().run("pods", "-q")).isEmpty();
    Files.delete(filler);
    leaks.nothingLeft();
    Crictl.Pod again = crictl().runPod(Config.pod(node, "none"));
    crictl().remove(again);
    leaks.nothingLeft();
  }

  /** With a new switch, and as an older version or a full disk leaves the lock. */
  private void aNodeStartsAnew() throws IOException {
    node.kill();
    Processes.switches().forEach(each -> Processes.kill(each.pid()));
    Files.write(node.runFolder().resolve("switch").resolve("lock"), new byte[0]);
    fill(node.base().resolve("run").resolve("filler"));
    node.start();
    assertThat(Processes.switches()).hasSize(1);
    assertThat(crictl().run("info")).contains("DiskFull", node.runFolder().toString());
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[1 << 16];
    for (int size = block.length; size > 0; size /= 2) {
      try (OutputStream out =
          Files.newOutputStream(
              file,
              java.nio.file.StandardOpenOption.CREATE,
              java.nio.file.StandardOpenOption.APPEND)) {
        while (true) {
          out.write(block, 0, size);
        }
      } catch (IOException full) {
        assertThat(full).hasMessageContaining("No space left");
      }
    }
  }
}
