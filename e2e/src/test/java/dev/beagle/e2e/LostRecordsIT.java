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
    // Its cgroup holds no process any more: only its name tells.
    crictl().startContainer(pod, Config.container("e", Crictl.BUSYBOX, "true"));
    long init = crictl().pid(id);
    node().kill();
    Folders.delete(node().runFolder().resolve("sandboxes").resolve(pod.id().substring(0, 12)));
    node().start();
    assertThat(crictl().run("pods", "-q")).isEmpty();
    assertThat(Processes.alive(init)).isFalse();
    String folder = "/sandboxes/" + pod.id().substring(0, 12) + "/";
    assertThat(Processes.matching(seen -> seen.command().contains(folder))).isEmpty();
  }
}
