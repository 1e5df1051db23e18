package dev.beagle.runtime.lifecycle;

import static dev.beagle.runtime.lifecycle.NamespacesNode.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.testing.BusyboxImage;
import dev.beagle.runtime.testing.Specs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The core on the real agent and a real crun, on this host. Needs root, crun and mkfs.erofs. */
@Tag("root")
class NamespacesIT {
  @TempDir Path folder;

  private NamespacesNode node;
  private LocalPodRuntime runtime;

  @BeforeEach
  void open() throws IOException {
    node = new NamespacesNode(folder, BusyboxImage.require(folder.resolve("image")));
    runtime = node.runtime();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    // Absent when the test is skipped.
    if (node != null) {
      node.removeAllAndCheck();
    }
  }

  @Test
  void aContainerRunsExecsAndTellsHowItEnded() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.hostNetworkSandbox("story"));
    assertThat(sandbox.state()).isInstanceOf(SandboxState.Ready.class);
    Container container =
        sandbox.createContainer(Specs.container("c", "/bin/sh", "-c", "sleep 1000 & wait"));
    assertThat(container.state()).isInstanceOf(ContainerState.Created.class);
    container.start();
    assertThat(container.state()).isInstanceOf(ContainerState.Running.class);
    assertThat(output(container, "/bin/sh", "-c", "echo hello; echo oops >&2; exit 7"))
        .isEqualTo("hello\noops\nexit 7");
    assertThat(container.usage()).hasValueSatisfying(u -> assertThat(u.processes()).isPositive());
    container.stop(Duration.ZERO);
    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class,
            exited -> assertThat(exited.status().code()).isEqualTo(137));
  }

  @Test
  void aCommandThatIsNotThereIsNamed() {
    Sandbox sandbox = runtime.runSandbox(Specs.hostNetworkSandbox("typo"));
    assertThatThrownBy(
            () -> {
              Container container = sandbox.createContainer(Specs.container("c", "/bin/nope"));
              container.start();
            })
        .isInstanceOf(Failure.class)
        .hasMessageContaining("/bin/nope");
  }

  @Test
  void aNewDaemonFindsWhatRunsAndWhatEnded() throws Exception {
    Sandbox sandbox = runtime.runSandbox(Specs.hostNetworkSandbox("adopted"));
    Container lives = sandbox.createContainer(Specs.container("lives", "sleep", "1000"));
    lives.start();
    Container ends = sandbox.createContainer(Specs.container("ends", "/bin/sh", "-c", "exit 3"));
    ends.start();
    assertThat(ends.await().code()).isEqualTo(3);

    node.restart();
    runtime = node.runtime();

    Container found = runtime.findContainer(lives.id()).orElseThrow();
    assertThat(found.state()).isInstanceOf(ContainerState.Running.class);
    assertThat(output(found, "echo", "still here")).isEqualTo("still here\nexit 0");
    assertThat(runtime.findContainer(ends.id()).orElseThrow().await().code()).isEqualTo(3);
  }
}
