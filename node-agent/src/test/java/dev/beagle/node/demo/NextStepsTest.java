package dev.beagle.node.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NextStepsTest {
  private static final Path RUN = Path.of("/tmp/d/run");
  private static final Path SOCKET = Path.of("/tmp/d/run/cri.sock");

  @Test
  void rootNamesTheNodeOnce() {
    assertThat(new NextSteps(false).lines(RUN, SOCKET, "web", true))
        .containsExactly(
            "export BEAGLE_RUN=/tmp/d/run",
            "./beagle ps",
            "./beagle logs web",
            "./beagle console web",
            "crictl -r unix:///tmp/d/run/cri.sock pods");
  }

  @Test
  void whoUsedSudoNamesTheNodeInEveryCommand() {
    assertThat(new NextSteps(true).lines(RUN, SOCKET, "web", false))
        .containsExactly(
            "sudo ./beagle ps --run /tmp/d/run",
            "sudo ./beagle logs --run /tmp/d/run web",
            "sudo crictl -r unix:///tmp/d/run/cri.sock pods");
  }
}
