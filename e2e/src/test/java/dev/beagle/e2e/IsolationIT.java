package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a container sees of its surroundings, and what it must not. */
final class IsolationIT extends NodeIT {
  @Test
  void aHostPidContainerSeesAProcessOutsideItsPod() {
    try (Command.Running outside = Command.start(List.of("sleep", "86399"), "")) {
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "hostpid").hostPid());
      String id =
          crictl()
              .startContainer(
                  pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000").hostPid());
      assertThat(crictl().execSync(id, "ps", "-o", "args")).contains("sleep 86399");
      assertThat(crictl().execSync(id, "cat", "/proc/" + outside.process().pid() + "/cmdline"))
          .contains("86399");
    }
  }

  @Test
  void aPodsOwnPidNamespaceShowsOnlyItself() {
    try (Command.Running outside = Command.start(List.of("sleep", "86399"), "")) {
      assertThat(outside.process().isAlive()).isTrue();
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "podpid"));
      String id =
          crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
      assertThat(crictl().execSync(id, "ps", "-o", "args"))
          .contains("sleep 1000")
          .doesNotContain("86399")
          .doesNotContain("java");
    }
  }

  /**
   * In every PID mode PID 1 of the namespace must not be a door: neither an agent of ours nor a
   * pause with the host's root.
   */
  @Test
  void aContainerWithPtraceFindsNoWayToTheHostsRoot() throws Exception {
    Path secret = Files.writeString(node().base().resolve("secret"), "of the host");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "ptrace"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container("c", Crictl.BUSYBOX, "sleep", "1000").addCapability("SYS_PTRACE"));
    for (String process :
        crictl()
            .execSync(id, "ls", "/proc")
            .lines()
            .filter(name -> name.matches("\\d+"))
            .toList()) {
      Command.Result result =
          crictl().call("exec", "--sync", id, "cat", "/proc/" + process + "/root" + secret);
      assertThat(result.out()).as("/proc/%s/root", process).doesNotContain("of the host");
      assertThat(result.exit()).isNotZero();
    }
    Files.delete(secret);
  }

  @Test
  void twentyPodsAtOnceComeAndGo() throws Exception {
    List<Command.Running> starting = new java.util.ArrayList<>();
    List<Config> configs =
        java.util.stream.IntStream.range(0, 20)
            .mapToObj(i -> Config.pod(node(), "many-" + i))
            .toList();
    for (Config config : configs) {
      Path container =
          Config.container("c", Crictl.BUSYBOX, "sh", "-c", "echo started; sleep 1000")
              .file(node().base());
      starting.add(
          crictl()
              .start(
                  "run", "--no-pull", container.toString(), config.file(node().base()).toString()));
    }
    for (Command.Running run : starting) {
      run.result(Duration.ofSeconds(60)).ok();
      run.close();
    }
    assertThat(crictl().run("ps", "-q").lines()).hasSize(20);
    assertThat(
            crictl()
                .json("pods", "-o", "json")
                .path("items")
                .valueStream()
                .map(pod -> pod.path("state").asString()))
        .hasSize(20)
        .containsOnly("SANDBOX_READY");
    List<String> ids = crictl().run("pods", "-q").lines().toList();
    assertThat(
            ids.stream()
                .map(id ->
                    crictl()
                        .json("inspectp", id)
                        .path("status")
                        .path("network")
                        .path("ip")
                        .asString())
                .distinct())
        .hasSize(20);
    List<Command.Running> ending =
        ids.stream().map(id -> crictl().start("rmp", "--force", id)).toList();
    for (Command.Running run : ending) {
      run.result(Duration.ofSeconds(60)).ok();
      run.close();
    }
    assertThat(crictl().run("pods", "-q")).isEmpty();
  }
}
