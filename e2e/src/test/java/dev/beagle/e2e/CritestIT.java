package dev.beagle.e2e;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** critest on pods in namespaces. */
final class CritestIT extends NodeIT {
  @Override
  LeakCheck remember(Node node) {
    return LeakCheck.ofAllButImages(node);
  }

  @Test
  @Timeout(480)
  void noSpecThatPassedFailsNow() throws Exception {
    new Critest("critest", "CritestIT", Duration.ofMinutes(6)).run(node());
  }
}
