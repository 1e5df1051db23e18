package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} in the middle of a large pull: no half image shows, the next pull works, and
 * nothing of the first one stays.
 */
final class DaemonDeathWhilePullingIT extends NodeIT {
  @Override
  List<String> images() {
    return List.of();
  }

  @Override
  LeakCheck remember(Node node) {
    return LeakCheck.ofAllButImages(node);
  }

  @Test
  void aPullThatWasCutIsPulledAgainAndLeavesNothing() {
    long empty = Folders.bytes(node().root());
    for (int cut = 1; cut <= 3; cut++) {
      long enough = empty + cut * 8_000_000L;
      try (Command.Running pull = crictl().start("pull", Crictl.FOUR_LAYERS)) {
        await("bytes of the pull on disk")
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> Folders.bytes(node().root()) > enough);
        node().kill();
        assertThat(pull.result(Duration.ofSeconds(10)).exit()).isPositive();
      }
      node().start();
      assertThat(crictl().images()).isEmpty();
    }
    crictl().run("pull", Crictl.FOUR_LAYERS);
    assertThat(crictl().images()).hasSize(1);
    crictl().run("rmi", Crictl.FOUR_LAYERS);
    assertThat(crictl().images()).isEmpty();
    if (node().prepared().peer()) {
      return; // keeps what it has of a pull for a day
    }
    await("the store is as small as it was")
        .atMost(Duration.ofSeconds(20))
        .until(() -> Folders.bytes(node().root()) < empty + 1_000_000);
  }
}
