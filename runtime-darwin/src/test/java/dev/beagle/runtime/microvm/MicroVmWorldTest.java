package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.SimulatedAgent;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MicroVmWorldTest {
  private static final WorldFolder FOLDER =
      new WorldFolder.Host("m0-abc", Path.of("/etc"), WorldFolder.Access.READ_ONLY);

  @TempDir private Path folder;
  private final SimulatedAgent agent = new SimulatedAgent();
  private FakeMachine machine;

  @BeforeEach
  void start() throws IOException {
    machine = new FakeMachine(folder);
  }

  @AfterEach
  void end() throws IOException {
    machine.close();
  }

  private MicroVmWorld world(List<String> folders) {
    return new MicroVmWorld(
        new WorldRecord(SandboxId.random(), folder.toString(), "/pod", true),
        machine.process(),
        agent.connect(),
        folder.resolve("port.sock"),
        folders,
        Time.system());
  }

  @Test
  void aFolderIsShownToTheGuestForAsLongAsItsAgentHasIt() {
    MicroVmWorld world = world(List.of());
    world.addFolders(List.of(FOLDER));
    world.addFolders(List.of(FOLDER));
    assertThat(machine.asked()).containsExactly("export m0-abc %2Fetc false");
    world.removeFolders(List.of("m0-abc"));
    assertThat(machine.asked()).last().isEqualTo("unexport m0-abc");
  }

  @Test
  void whatAnAdoptedAgentHasIsNotShownAgain() {
    world(List.of("m0-abc")).addFolders(List.of(FOLDER));
    assertThat(machine.asked()).isEmpty();
  }

  @Test
  void aFolderThatTheAgentDoesNotTakeIsNotShownAnyMore() {
    agent.failpoint(request -> {
      if (request.hasAddFolder()) {
        throw Failure.timedOut("the agent does not answer");
      }
    });
    MicroVmWorld world = world(List.of());
    assertThatThrownBy(() -> world.addFolders(List.of(FOLDER)))
        .isInstanceOf(Failure.class)
        .hasMessage("the agent does not answer");
    assertThat(machine.asked()).containsExactly("export m0-abc %2Fetc false", "unexport m0-abc");
  }

  @Test
  void aFolderThatTheAgentNeverHeardOfIsTakenAwayToo() {
    world(List.of()).removeFolders(List.of("m0-abc"));
    assertThat(machine.asked()).containsExactly("unexport m0-abc");
  }

  @Test
  void aFolderIsLetGoOfOnceTheAgentHas() {
    MicroVmWorld world = world(List.of("m0-abc"));
    agent.failpoint(request -> {
      throw Failure.timedOut("the agent does not answer");
    });
    assertThatThrownBy(() -> world.removeFolders(List.of("m0-abc"))).isInstanceOf(Failure.class);
    assertThat(machine.asked()).isEmpty();
    agent.failpoint(request -> {
      throw Failure.notFound("folder", "m0-abc");
    });
    world.removeFolders(List.of("m0-abc"));
    assertThat(machine.asked()).containsExactly("unexport m0-abc");
  }
}
