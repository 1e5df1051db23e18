package dev.beagle.node.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostInterfaceTest {
  @Test
  void anAgentThatCannotBeAskedDoesNotKeepTheNodeFromStarting(@TempDir Path folder) {
    SimulatedKind kind = new SimulatedKind(folder);
    WorldRecord plan = kind.plan(SandboxId.NODE, "");
    kind.open(plan).close();

    kind.leaveUnanswered(1);
    assertThat(HostInterface.adopt(kind, plan)).isEmpty();
    assertThat(HostInterface.adopt(kind, plan)).isPresent();
  }
}
