package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** RUN is gone, as a tmpfs that was mounted anew: whatever ran of the node is found and ended. */
final class LostRecordsIT extends NodeIT {
  @Test
  void podsWithoutRecordsAreFoundBelowTheParentTheirClientChose() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "lost"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "4321"));
    String ended = crictl().startContainer(pod, Config.container("e", Crictl.BUSYBOX, "true"));
    long init = crictl().pid(id);
    node().kill();
    Folders.delete(node().runFolder().resolve("sandboxes").resolve(pod.id().substring(0, 12)));
    node().start();
    assertThat(crictl().run("pods", "-q")).isEmpty();
    assertThat(Processes.alive(init)).isFalse();
    assertThat(Processes.agents()).isEmpty();
    assertThat(ended).isNotEqualTo(id);
  }
}
