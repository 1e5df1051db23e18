package dev.beagle.node.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.testing.SimulatedKind;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostInterfaceTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void anAgentThatCannotBeAskedDoesNotKeepTheNodeFromStarting(@TempDir Path folder) {
    SimulatedKind kind = new SimulatedKind(folder);
    WorldRecord plan = kind.plan(SandboxId.NODE, "");
    kind.open(plan).close();

    kind.leaveUnanswered(1);
    assertThat(HostInterface.adopt(kind, plan, LIMIT)).isEmpty();
    assertThat(HostInterface.adopt(kind, plan, LIMIT)).isPresent();
  }

  @Test
  void anAgentThatHangsIsNotWaitedFor(@TempDir Path folder) {
    SimulatedKind kind = new SimulatedKind(folder);
    WorldRecord plan = kind.plan(SandboxId.NODE, "");
    kind.open(plan).close();
    CountDownLatch wakes = new CountDownLatch(1);
    kind.onAdopt(sandbox -> awaitUninterruptibly(wakes));

    assertThat(HostInterface.adopt(kind, plan, Duration.ofMillis(10))).isEmpty();
    wakes.countDown();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
