package dev.beagle.e2e;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** critest on pods in micro-VMs. */
final class CritestHvfIT extends HvfNodeIT {
  @Override
  LeakCheck remember(Node node) {
    return LeakCheck.ofAllButImages(node);
  }

  @Test
  @Timeout(1800)
  void noSpecThatPassedFailsNow() throws Exception {
    new Critest("critest-hvf", "CritestHvfIT", Duration.ofMinutes(28)).run(node());
  }
}
