package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.runtime.testing.FixedImage;
import dev.beagle.runtime.testing.RecordingNetworks;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.testing.ManualTime;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of an end, and what stays written of it. */
class ContainerLifeTest {
  @TempDir Path folder;

  private SimulatedKind kind;
  private LocalPodRuntime runtime;
  private Sandbox sandbox;
  private Container container;

  @BeforeEach
  void open() {
    kind = new SimulatedKind(folder);
    runtime =
        LocalPodRuntime.recover(
            new PodEnvironment(
                new RecordStore(folder.resolve("run")),
                FixedImage.shell(),
                new RecordingNetworks(),
                folder.resolve("containers"),
                "boot-1",
                new ManualTime()),
            List.of(kind));
    sandbox = runtime.runSandbox(Specs.sandbox("p"));
    container = sandbox.createContainer(Specs.container("c", "sh"));
    container.start();
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private ContainerLife life() {
    return ((LocalContainer) container).life();
  }

  private Exited exited(int code) {
    return Exited.newBuilder().setContainer(container.id().value()).setCode(code).setAt(7).build();
  }

  /** The second word comes before anybody was told the first. */
  @Test
  void whoWaitsIsToldWhatTheRecordSays() throws Exception {
    AtomicBoolean again = new AtomicBoolean(true);
    kind.agent(sandbox.id())
        .failpoint(request -> {
          if (request.hasAcknowledgeExit() && again.getAndSet(false)) {
            life().exited(exited(9));
          }
        });

    life().exited(exited(3));

    assertThat(container.state())
        .isInstanceOfSatisfying(
            ContainerState.Exited.class, state -> assertThat(state.status().code()).isEqualTo(3));
    assertThat(container.await().code()).isEqualTo(3);
    assertThat(again).isFalse();
  }

  @Test
  void anExitThatIsToldLateBringsNoDeletedRecordBack() {
    Path records = folder.resolve("run").resolve(sandbox.id().shortForm());
    Path record = records.resolve("c-" + container.id() + ".json");
    assertThat(record).exists();
    container.remove();

    life().exited(exited(3));

    assertThat(records.resolve("sandbox.json")).exists();
    assertThat(record).doesNotExist();
  }

  @Test
  void aRecordThatIsWrittenLateBringsNoRemovedSandboxBack() {
    sandbox.remove();
    assertThat(folder.resolve("run")).isEmptyDirectory();

    ((LocalSandbox) sandbox).keepRecord();

    assertThat(folder.resolve("run")).isEmptyDirectory();
  }
}
