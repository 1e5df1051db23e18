package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of the daemon after each step of a pod's life: the next one knows what there is,
 * and the pod has not noticed.
 */
final class DaemonDeathIT extends NodeIT {
  private void killAndStart() {
    node().kill();
    node().start();
  }

  @Test
  void afterRunPodTheSandboxIsReadyAndUsable() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "after-runp"));
    String address = crictl().address(pod);
    killAndStart();
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
    assertThat(crictl().address(pod)).isEqualTo(address);
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    assertThat(crictl().execSync(id, "ip", "address")).contains(address);
    crictl().remove(pod);
  }

  @Test
  void afterCreateTheContainerStaysCreatedAndStarts() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "after-create"));
    String id =
        crictl()
            .create(
                pod, Config.container("c", Crictl.BUSYBOX, "sh", "-c", "echo it ran; sleep 1000"));
    killAndStart();
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_CREATED");
    crictl().run("start", id);
    await().atMost(Duration.ofSeconds(5)).until(() -> crictl().run("logs", id).contains("it ran"));
    crictl().remove(pod);
  }

  @Test
  void afterStartTheSameProcessRunsOnAndCanBeUsed() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "after-start"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    long pid = crictl().pid(id);
    String started = crictl().container(id).path("startedAt").asString();
    killAndStart();
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
    assertThat(crictl().pid(id)).isEqualTo(pid);
    assertThat(crictl().container(id).path("startedAt").asString()).isEqualTo(started);
    assertThat(crictl().execSync(id, "echo", "still here")).isEqualTo("still here");
    assertThat(crictl().run("exec", id, "echo", "streamed")).isEqualTo("streamed");
    crictl().remove(pod);
  }

  @Test
  void anExitWhileTheDaemonIsDeadIsToldByTheNextOne() throws Exception {
    assumeFalse(node().prepared().peer(), "the peer writes logs in its daemon");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "exit-unseen"));
    Path folder = Files.createDirectory(node().base().resolve("signal"));
    Config config =
        Config.container(
                "c",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "while [ ! -e /signal/go ]; do sleep 0.05; done; echo last words; exit 9")
            .with(
                "mounts",
                java.util.List.of(
                    java.util.Map.of("container_path", "/signal", "host_path", folder.toString())));
    String id = crictl().startContainer(pod, config);
    long pid = crictl().pid(id);
    Path log = Path.of(crictl().container(id).path("logPath").asString());
    node().kill();
    Files.createFile(folder.resolve("go"));
    await().atMost(Duration.ofSeconds(10)).until(() -> !Processes.alive(pid));
    assertThat(Files.readString(log)).contains("last words");
    node().start();
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_EXITED");
    assertThat(crictl().container(id).path("exitCode").asInt()).isEqualTo(9);
    crictl().remove(pod);
    Folders.delete(folder);
  }

  @Test
  void duringAnExecTheContainerIsUnharmed() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "during-exec"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    try (Command.Running exec = crictl().start("exec", id, "sh", "-c", "echo begun; sleep 777");
        Command.Running sync = crictl().start("exec", "--sync", id, "sleep", "778")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> exec.out().contains("begun"));
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> !Processes.matching(seen -> seen.command().equals("sleep 778")).isEmpty());
      killAndStart();
      // Its client ends, though it takes the end of the stream for a good one.
      assertThat(exec.result(Duration.ofSeconds(10)).exit()).isNotNegative();
      assertThat(sync.result(Duration.ofSeconds(10)).exit()).isPositive();
    }
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
    assertThat(crictl().execSync(id, "echo", "again")).isEqualTo("again");
    crictl().remove(pod);
  }

  @Test
  void whileStoppingTheGraceEndsAllTheSame() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "during-stop"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "c",
                    Crictl.BUSYBOX,
                    "sh",
                    "-c",
                    "trap '' TERM; echo set; while :; do sleep 0.1; done"));
    await().atMost(Duration.ofSeconds(5)).until(() -> crictl().run("logs", id).contains("set"));
    try (Command.Running stop = crictl().start("stop", "--timeout", "30", id)) {
      node().kill();
      assertThat(stop.result(Duration.ofSeconds(10)).exit()).isPositive();
    }
    node().start();
    crictl().run("stop", "--timeout", "0", id);
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_EXITED");
    crictl().remove(pod);
  }
}
