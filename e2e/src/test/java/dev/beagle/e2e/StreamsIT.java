package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * exec and port-forward over SPDY as crictl speaks it, and log files under their reader's hands.
 */
final class StreamsIT extends NodeIT {
  private String sleeper() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "streams"));
    return crictl()
        .startContainer(pod, Config.container("sleeper", Crictl.BUSYBOX, "sleep", "1000"));
  }

  @Test
  void execSyncTellsOutputErrorsAndCode() {
    String id = sleeper();
    Command.Result good =
        crictl().call("exec", "--sync", id, "sh", "-c", "echo to out; echo to err >&2");
    // crictl writes both to its own output, and nothing of what a failed command wrote.
    assertThat(good.ok()).startsWith("to out\n").endsWith("to err");
    assertThat(crictl().call("exec", "--sync", id, "sh", "-c", "exit 3").failure())
        .contains("exited with 3");
  }

  @Test
  void execSyncTimesOutAndItsProcessIsGone() {
    String id = sleeper();
    assertThat(crictl().call("exec", "--sync", "--timeout", "1", id, "sleep", "4321").failure())
        .isNotBlank();
    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> Processes.matching(seen -> seen.command().equals("sleep 4321")).isEmpty());
  }

  @Test
  void execStreamsBothOutputsAndTheExitCode() {
    String id = sleeper();
    Command.Result result =
        crictl().call("exec", id, "sh", "-c", "echo to out; echo to err >&2; exit 3");
    assertThat(result.out()).isEqualTo("to out\n");
    assertThat(result.err()).startsWith("to err\n").contains("exit code 3");
    assertThat(crictl().call("exec", id, "true").exit()).isZero();
  }

  @Test
  void execTakesStandardInputToItsEnd() {
    String id = sleeper();
    String input = "0123456789abcdef".repeat(64 * 1024);
    Command.Result result =
        Command.run(crictl().command("exec", "-i", id, "md5sum"), Command.LIMIT, input);
    assertThat(result.ok()).startsWith(Checks.md5(input));
  }

  @Test
  void execCarriesMegabytesWithoutLoss() {
    String id = sleeper();
    String out = crictl().run("exec", id, "sh", "-c", "seq 1 300000");
    assertThat(out.lines().count()).isEqualTo(300_000);
    assertThat(out).startsWith("1\n2\n").endsWith("\n300000");
  }

  @Test
  void execWithATerminalIsATerminal() {
    String id = sleeper();
    String crictl =
        crictl()
            .command(
                "exec",
                "-it",
                id,
                "sh",
                "-c",
                "tty; until stty size | grep \"33 99\"; do sleep 0.1; done; exit 5")
            .stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    // script gives crictl a terminal of its own, with a size to carry over.
    Command.Result result =
        Command.run(
            List.of("script", "-qec", "stty rows 33 cols 99; " + crictl, "/dev/null"),
            Command.LIMIT,
            "");
    assertThat(result.out()).contains("/dev/pts/").contains("33 99");
    assertThat(result.exit()).isNotZero();
  }

  @Test
  void aForwardedPortServes() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "forward"));
    crictl()
        .startContainer(
            pod,
            Config.container(
                "http", Crictl.PROBE, "probe", "http", "80", "through the forwarded port"));
    try (Command.Running forward = crictl().start("port-forward", pod.id(), "18080:80")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> forward.out().contains("Forwarding from"));
      for (int i = 0; i < 10; i++) {
        assertThat(Checks.get("http://127.0.0.1:18080/")).isEqualTo("through the forwarded port\n");
      }
      assertThat(forward.process().isAlive()).isTrue();
    }
  }

  @Test
  void attachSeesWhatIsWritten() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "attach"));
    Config config =
        Config.container(
                "reader",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "while read line; do echo \"got $line\"; done")
            .with("stdin", true);
    String id = crictl().startContainer(pod, config);
    try (Command.Running attached =
        Command.start(
            List.of(
                "sh",
                "-c",
                "(sleep 0.5; echo hello; sleep 2) | '"
                    + String.join("' '", crictl().command("attach", "-i", id))
                    + "'"),
            "")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> attached.out().contains("got hello"));
    }
  }

  @Test
  void aReopenedLogGoesOnInANewFile() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "reopen"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "ticker",
                    Crictl.BUSYBOX,
                    "sh",
                    "-c",
                    "i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done"));
    Path log = Path.of(crictl().container(id).path("logPath").asString());
    await().atMost(Duration.ofSeconds(10)).until(() -> Files.readAllLines(log).size() > 20);
    Path rotated = Files.move(log, log.resolveSibling("ticker.log.1"));
    crictl().run("logs", "--reopen", id);
    assertThat(log).exists();
    long size = Files.size(rotated);
    await().atMost(Duration.ofSeconds(10)).until(() -> Files.readAllLines(log).size() > 20);
    assertThat(Files.size(rotated)).isEqualTo(size);
    List<String> lines = new java.util.ArrayList<>(Files.readAllLines(rotated));
    lines.addAll(Files.readAllLines(log));
    Checks.assertNumbered(
        lines.stream().map(line -> line.substring(line.lastIndexOf(' ') + 1)).toList());
  }
}
