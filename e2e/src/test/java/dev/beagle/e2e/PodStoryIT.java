package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The walk that every user of a runtime takes: a pod with two containers from its making to its
 * end.
 */
final class PodStoryIT extends NodeIT {
  @Test
  void twoContainersShareAPodFromStartToRemoval() throws Exception {
    Config config =
        Config.pod(node(), "story")
            .with("labels", Map.of("app", "story"))
            .with("annotations", Map.of("note", "kept as it is"));
    Crictl.Pod pod = crictl().runPod(config);
    String server =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "server", Crictl.PROBE, "probe", "http", "8080", "hello from the pod"));
    String client =
        crictl()
            .create(
                pod,
                Config.container(
                    "client",
                    Crictl.BUSYBOX,
                    "sh",
                    "-c",
                    "echo out; echo err >&2; trap 'exit 7' TERM; while :; do sleep 0.1; done"));
    assertThat(crictl().state(client)).isEqualTo("CONTAINER_CREATED");
    crictl().run("start", client);

    assertThat(crictl().state(server)).isEqualTo("CONTAINER_RUNNING");
    JsonNode status = crictl().pod(pod);
    assertThat(status.path("state").asString()).isEqualTo("SANDBOX_READY");
    assertThat(status.path("labels").path("app").asString()).isEqualTo("story");
    assertThat(status.path("annotations").path("note").asString()).isEqualTo("kept as it is");
    assertThat(names(crictl().json("ps", "-o", "json").path("containers")))
        .containsExactlyInAnyOrder("server", "client");
    assertThat(names(crictl().json("pods", "--label", "app=story", "-o", "json").path("items")))
        .containsExactly("story");
    assertThat(names(crictl().json("pods", "--label", "app=another", "-o", "json").path("items")))
        .isEmpty();

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            crictl()
                .call("exec", "--sync", client, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/")
                .out()
                .contains("hello from the pod"));
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(crictl().run("logs", client)).contains("out"));
    Path log = Path.of(crictl().container(client).path("logPath").asString());
    assertThat(log).isEqualTo(node().logs().resolve("story/client.log"));
    assertThat(Files.readAllLines(log))
        .anyMatch(line -> line.matches("\\S+T\\S+ stdout F out"))
        .anyMatch(line -> line.matches("\\S+T\\S+ stderr F err"));

    crictl().run("stop", "--timeout", "10", client);
    JsonNode ended = crictl().container(client);
    assertThat(ended.path("state").asString()).isEqualTo("CONTAINER_EXITED");
    assertThat(ended.path("exitCode").asInt()).isEqualTo(7);
    assertThat(ended.path("reason").asString()).isEqualTo("Error");
    crictl().run("rm", client);
    assertThat(crictl().call("inspect", client).failure()).containsIgnoringCase("not");

    crictl().run("stopp", pod.id());
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_NOTREADY");
    assertThat(crictl().state(server)).isEqualTo("CONTAINER_EXITED");
    crictl().run("rmp", pod.id());
    assertThat(crictl().run("pods", "-q")).isEmpty();
    assertThat(crictl().run("ps", "-a", "-q")).isEmpty();
  }

  @Test
  void exitCodesAndReasonsAreTold() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "exits"));
    String good = crictl().startContainer(pod, Config.container("good", Crictl.BUSYBOX, "true"));
    String bad =
        crictl()
            .startContainer(pod, Config.container("bad", Crictl.BUSYBOX, "sh", "-c", "exit 42"));
    String killed =
        crictl()
            .startContainer(
                pod, Config.container("killed", Crictl.BUSYBOX, "sh", "-c", "kill -SEGV $$"));
    assertExit(good, 0, "Completed");
    assertExit(bad, 42, "Error");
    assertExit(killed, 139, "Error");
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "absent"));
    Config config = Config.container("absent", Crictl.BUSYBOX, "/no/such/program");
    String file = config.file(node().base()).toString();
    // crun looks when it creates, runc when it starts; both are what a kubelet knows how to report.
    Command.Result created = crictl().call("create", pod.id(), file, pod.config().toString());
    Command.Result failed = created.exit() == 0 ? crictl().call("start", created.ok()) : created;
    assertThat(failed.failure()).contains("/no/such/program");
    if (created.exit() == 0) {
      assertExit(created.ok(), 128, "StartError");
    } else {
      assertThat(crictl().run("ps", "-a", "-q")).isEmpty();
    }
  }

  @Test
  void aMemoryLimitEndsInOomKilled() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "oom"));
    String hungry =
        crictl()
            .startContainer(
                pod,
                Config.container("hungry", Crictl.PROBE, "probe", "eat", "512")
                    .memoryLimit(64 << 20));
    assertExit(hungry, 137, "OOMKilled");
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
  }

  @Test
  void statsCountMemoryAndCpu() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "stats"));
    String container =
        crictl().startContainer(pod, Config.container("busy", Crictl.PROBE, "probe", "spin"));
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          JsonNode stats =
              crictl().json("stats", "--id", container, "-o", "json").path("stats").path(0);
          assertThat(stats.path("cpu").path("usageCoreNanoSeconds").path("value").asLong(0))
              .isGreaterThan(100_000_000L);
          assertThat(stats.path("memory").path("workingSetBytes").path("value").asLong(0))
              .isPositive();
        });
  }

  @Test
  void environmentDirectoryMountsAndUserAreAsAsked() throws Exception {
    Path folder = Files.createDirectory(node().base().resolve("mounted"));
    Files.writeString(folder.resolve("file"), "from the host");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "asked"));
    Config config =
        Config.container(
                "asked",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "echo $GREETING; pwd; id -u; cat /mnt/file; touch /mnt/new 2>&1 || echo read-only; hostname")
            .with("envs", List.of(Map.of("key", "GREETING", "value", "good day")))
            .with("working_dir", "/tmp")
            .with(
                "mounts",
                List.of(
                    Map.of(
                        "container_path",
                        "/mnt",
                        "host_path",
                        folder.toString(),
                        "readonly",
                        true)))
            .with(
                "linux", Map.of("security_context", Map.of("run_as_user", Map.of("value", 1000))));
    String id = crictl().startContainer(pod, config);
    assertExit(id, 0, "Completed");
    assertThat(crictl().run("logs", id))
        .contains("good day\n/tmp\n1000\nfrom the host")
        .contains("read-only\nasked");
    assertThat(folder.resolve("new")).doesNotExist();
    Folders.delete(folder);
  }

  @Test
  void aMountIsReadOnlyWithItsSubmountsWhereThatIsAskedFor() throws Exception {
    Path folder = Files.createDirectory(node().base().resolve("nested"));
    Path below = Files.createDirectory(folder.resolve("below"));
    Command.run(List.of("mount", "-t", "tmpfs", "below", below.toString())).ok();
    try {
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "nested"));
      Config config =
          Config.container(
                  "nested",
                  Crictl.BUSYBOX,
                  "sh",
                  "-c",
                  "for d in /plain /plain/below /all /all/below; do"
                      + " touch $d/new 2>/dev/null && echo $d written || echo $d kept; done")
              .with(
                  "mounts",
                  List.of(readOnly("/plain", folder, false), readOnly("/all", folder, true)));
      String id = crictl().startContainer(pod, config);
      assertExit(id, 0, "Completed");
      assertThat(crictl().run("logs", id).lines())
          .containsExactly("/plain kept", "/plain/below written", "/all kept", "/all/below kept");
      crictl().run("rmp", "-f", pod.id());
    } finally {
      Command.run(List.of("umount", below.toString())).ok();
    }
    Folders.delete(folder);
  }

  private static Map<String, Object> readOnly(String target, Path source, boolean recursively) {
    return Map.of(
        "container_path",
        target,
        "host_path",
        source.toString(),
        "readonly",
        true,
        "recursive_read_only",
        recursively);
  }

  @Test
  void aRepeatedStopOrRemoveSucceeds() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "twice"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    crictl().run("stop", "--timeout", "0", id);
    crictl().run("stop", "--timeout", "0", id);
    crictl().run("stopp", pod.id());
    crictl().run("stopp", pod.id());
    assertThat(crictl().call("start", id).failure()).isNotBlank();
    crictl().run("rmp", pod.id());
  }

  private void assertExit(String container, int code, String reason) {
    await(container)
        .atMost(Duration.ofSeconds(20))
        .until(() -> crictl().state(container).equals("CONTAINER_EXITED"));
    JsonNode status = crictl().container(container);
    assertThat(status.path("exitCode").asInt()).isEqualTo(code);
    assertThat(status.path("reason").asString()).isEqualTo(reason);
  }

  private static List<String> names(JsonNode items) {
    return StreamSupport.stream(items.spliterator(), false)
        .map(item -> item.path("metadata").path("name").asString())
        .toList();
  }
}
