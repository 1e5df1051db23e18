package dev.beagle.runtime.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.OpenSandbox;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.SimulatedAgent;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentFinderTest {
  @TempDir Path folder;

  private final SandboxId id = SandboxId.random();
  private final SimulatedAgent agent = new SimulatedAgent();
  private WorldRecord record;
  private CgroupIndex index;
  private AgentFinder finder;

  @BeforeEach
  void open() throws IOException {
    record = new WorldRecord(id, folder.toString(), "/kubepods/pod1", false);
    index = new CgroupIndex(folder.resolve("cgroups"));
    finder =
        new AgentFinder(each -> agent.connect(), index, new LayerMounts(folder.resolve("layers")));
    Files.createFile(AgentFinder.socket(record));
    agent
        .connect()
        .call(
            Request.newBuilder().setOpenSandbox(OpenSandbox.newBuilder().setSandbox(id.value())),
            Duration.ofSeconds(1));
  }

  @Test
  void theAgentOfTheSandboxIsFoundAndItsCgroupNoted() {
    Optional<World> found = finder.find(record);

    assertThat(found).isPresent();
    assertThat(agent.connected()).isTrue();
    assertThat(index.parents()).containsExactly(Map.entry(id.value(), "/kubepods/pod1"));
  }

  @Test
  void anotherSandboxesAgentIsNotTakenAndLetGo() {
    WorldRecord other =
        new WorldRecord(SandboxId.random(), folder.toString(), "/kubepods/pod2", false);

    assertThat(finder.find(other)).isEmpty();

    assertThat(agent.connected()).isFalse();
    assertThat(index.parents()).isEmpty();
  }

  @Test
  void anAgentThatDoesNotAnswerIsLetGoAndMayLive() {
    agent.failpoint(request -> {
      throw Failure.timedOut("no answer");
    });

    assertThatThrownBy(() -> finder.find(record))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.TIMED_OUT));

    assertThat(agent.connected()).isFalse();
  }

  @Test
  void onlyARefusedConnectionAndAMissingSocketProveThatItIsGone() throws IOException {
    assertThat(failing(new ConnectException("Connection refused")).find(record)).isEmpty();
    assertThatThrownBy(() -> failing(new IOException("Too many open files")).find(record))
        .isInstanceOf(Failure.class);
    Files.delete(AgentFinder.socket(record));
    assertThat(finder.find(record)).isEmpty();
  }

  private AgentFinder failing(IOException error) {
    return new AgentFinder(
        each -> {
          throw Failure.unavailable("guest agent: " + error.getMessage(), error);
        },
        index,
        new LayerMounts(folder.resolve("layers")));
  }
}
