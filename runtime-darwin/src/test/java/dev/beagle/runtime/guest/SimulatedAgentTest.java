package dev.beagle.runtime.guest;

import dev.beagle.runtime.guest.wire.CreateContainer;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The simulated agent behaves as the real one does, or the core's tests would prove nothing. */
final class SimulatedAgentTest extends GuestAgentContract {
  @TempDir Path folder;

  private SimulatedKind kind;

  @Override
  @BeforeEach
  void open() throws IOException {
    kind = new SimulatedKind(folder);
    super.open();
  }

  @Override
  protected SandboxKind kind() {
    return kind;
  }

  @Override
  protected CreateContainer container(World world, ContainerId id) {
    return CreateContainer.newBuilder().setContainer(id.value()).build();
  }

  @Override
  protected void end(SandboxId sandbox, ContainerId id, int code) {
    kind.agent(sandbox).end(id.value(), code);
  }
}
