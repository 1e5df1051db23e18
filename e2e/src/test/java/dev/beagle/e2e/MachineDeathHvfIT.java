package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Deaths around a micro-VM: of the daemon, which costs it nothing; of its process; of its kernel.
 */
final class MachineDeathHvfIT extends HvfNodeIT {
  private static final int PORT = 7000;

  private Path guestImageLink = Path.of("");

  /** By a link, so that it can be away for a while. */
  @Override
  String configuration(Prepared prepared) {
    Path image = guestImage(prepared);
    guestImageLink = prepared.module().resolve("target/guest-image-link").toAbsolutePath();
    link(image);
    return super.configuration(prepared).replace(image.toString(), guestImageLink.toString());
  }

  private void link(Path image) {
    try {
      Files.deleteIfExists(guestImageLink);
      Files.createSymbolicLink(guestImageLink, image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aMachineGoesOnThroughADeathOfTheDaemon() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "adopted"));
    crictl()
        .startContainer(
            pod, Config.container("echo", Crictl.PROBE, "probe", "echo", Integer.toString(PORT)));
    String writer =
        crictl()
            .startContainer(
                pod,
                Config.container("lines", Crictl.PROBE, "probe", "lines", "200000", "100000000"));
    Path log = Path.of(crictl().container(writer).path("logPath").asString());
    LineCounter echoed = new LineCounter();
    try (Socket socket = LineCounter.connect(crictl().address(pod), PORT)) {
      echoed.start(socket, false);
      LineCounter.writeTo(socket);
      echoed.more(1000);
      node().kill();
      long atDeath = Files.size(log);
      echoed.more(2000);
      await("output without a daemon")
          .atMost(Duration.ofSeconds(20))
          .until(() -> Files.size(log) > atDeath + 200_000);
      node().start();
      echoed.more(2000);
      assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
      assertThat(crictl().state(writer)).isEqualTo("CONTAINER_RUNNING");
      assertThat(crictl().execSync(writer, "echo", "adopted")).isEqualTo("adopted");
    }
    crictl().run("stop", "--timeout", "0", writer);
    assertThat(crictl().container(writer).path("exitCode").asInt()).isEqualTo(137);
    List<String> lines = Files.readAllLines(log);
    // The last line is as long as what had left the program when it was killed.
    Checks.assertNumbered(
        lines.subList(0, lines.size() - 1).stream()
            .map(line -> line.substring(line.indexOf(" F ") + 3))
            .toList());
    crictl().remove(pod);
    Files.delete(log);
  }

  @Test
  void aMachineIsAdoptedByADaemonThatCannotStartOne() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "keeps"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    node().kill();
    Path image = Files.readSymbolicLink(guestImageLink);
    try {
      Files.delete(guestImageLink);
      node().start();
      assertThat(crictl().execSync(id, "echo", "adopted")).isEqualTo("adopted");
      assertThat(beagle("run", "--sandbox", "hvf", Crictl.BUSYBOX, "true").failure())
          .contains("there is no guest image in " + guestImageLink);
      assertThat(node().terminate()).isZero();
      assertThat(machines()).hasSize(1);
    } finally {
      link(image);
    }
    node().start();
    assertThat(crictl().execSync(id, "echo", "again")).isEqualTo("again");
    crictl().remove(pod);
    assertThat(machines()).isEmpty();
  }

  @Test
  void aContainersEndWhileTheDaemonIsDeadIsFoundByTheNextOne() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "missed"));
    String id =
        crictl()
            .startContainer(
                pod, Config.container("c", Crictl.BUSYBOX, "sh", "-c", "sleep 2; exit 5"));
    node().kill();
    node().start();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(id).path("exitCode").asInt()).isEqualTo(5);
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
    crictl().remove(pod);
  }

  @Test
  void theDeathOfAMachinesProcessEndsItsPodAndNoOther() {
    Crictl.Pod other = crictl().runPod(Config.pod(node(), "unharmed"));
    String unharmed =
        crictl().startContainer(other, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    List<Long> before = machines().stream().map(Processes.Seen::pid).toList();
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "victim"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    List<Long> machine =
        machines().stream().map(Processes.Seen::pid).filter(pid -> !before.contains(pid)).toList();
    assertThat(machine).hasSize(1);
    Processes.kill(machine.getFirst());

    assertThat(reasonOfEnd(pod, id))
        .contains("the sandbox's machine ended")
        .contains("ended without a word");
    assertThat(crictl().call("exec", "--sync", id, "true").failure()).isNotBlank();
    assertThat(crictl().execSync(unharmed, "echo", "well")).isEqualTo("well");
    crictl().remove(pod);
    Crictl.Pod again = crictl().runPod(Config.pod(node(), "victim"));
    assertThat(crictl().pod(again).path("state").asString()).isEqualTo("SANDBOX_READY");
  }

  @Test
  void theDeathOfAMachineWhileTheDaemonIsDeadIsFoundByTheNextOne() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "both"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    node().kill();
    machines().forEach(machine -> Processes.kill(machine.pid()));
    node().start();
    assertThat(reasonOfEnd(pod, id))
        .contains("the sandbox's machine ended")
        .contains("ended without a word");
    crictl().remove(pod);
  }

  @Test
  void aPanicWhileTheDaemonIsDeadIsToldByTheNextOne() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "unseen").privileged());
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container(
                        "c", Crictl.BUSYBOX, "sh", "-c", "sleep 3; echo c > /proc/sysrq-trigger")
                    .privileged());
    node().kill();
    await().atMost(Duration.ofSeconds(30)).until(() -> machines().isEmpty());
    node().start();
    assertThat(reasonOfEnd(pod, id)).contains("asked for a restart").contains("Kernel panic");
    crictl().remove(pod);
  }

  @Test
  void aPanicOfTheGuestsKernelIsToldWithTheConsolesLastLines() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "panic").privileged());
    String id =
        crictl()
            .startContainer(
                pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000").privileged());
    assertThat(crictl().call("exec", id, "sh", "-c", "echo c > /proc/sysrq-trigger").failure())
        .isNotBlank();
    assertThat(reasonOfEnd(pod, id)).contains("asked for a restart").contains("Kernel panic");
    assertThat(machines()).isEmpty();
    assertThat(beagle("console", pod.id()).ok()).contains("Kernel panic");
    assertThat(beagle("console", "-f", pod.id()).ok()).contains("Kernel panic");
    crictl().remove(pod);
    assertThat(beagle("console", pod.id()).exit()).isEqualTo(3);
    assertThat(node().runFolder().resolve("vms")).isEmptyDirectory();
  }

  @Test
  void aDeathOfEverythingButTheGuestsInitIsNotThePods() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "killed").privileged());
    String id =
        crictl()
            .startContainer(
                pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000").privileged());
    assertThat(crictl().call("exec", id, "sh", "-c", "echo i > /proc/sysrq-trigger").failure())
        .isNotBlank();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(id).path("exitCode").asInt()).isEqualTo(137);
    String next =
        crictl().startContainer(pod, Config.container("next", Crictl.BUSYBOX, "sleep", "1000"));
    assertThat(crictl().execSync(next, "cat", "/proc/1/comm")).isEqualTo("pause");
    assertThat(beagle("console", pod.id()).ok()).contains("has a new PID namespace");
    crictl().remove(pod);
  }

  @Test
  void aMachineThatHangsIsRemovedByForceAndNothingOfItIsLeft() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "hangs"));
    crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    assertThat(machines()).hasSize(1);
    Processes.signal(machines().getFirst().pid(), "STOP");
    crictl().run("rmp", "-f", pod.id());
    assertThat(machines()).isEmpty();
    assertThat(crictl().run("pods", "-q")).isBlank();
    Crictl.Pod again = crictl().runPod(Config.pod(node(), "hangs"));
    assertThat(crictl().pod(again).path("state").asString()).isEqualTo("SANDBOX_READY");
    crictl().remove(again);
  }

  /** A container with no seccomp profile may open vsock sockets; they lead nowhere. */
  @Test
  void aContainerThatTakesAllVsockStreamsItGetsKeepsNobodyFromItsPod() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "greedy"));
    String quiet =
        crictl().startContainer(pod, Config.container("quiet", Crictl.BUSYBOX, "sleep", "1000"));
    List<Path> logs = new ArrayList<>();
    for (String port : List.of("1024", "1025")) {
      String id =
          crictl()
              .startContainer(
                  pod,
                  Config.container(
                      "greedy-" + port, Crictl.PROBE, "probe", "vsock", "2", port, "5000"));
      logs.add(Path.of(crictl().container(id).path("logPath").asString()));
    }
    for (int round = 0; round < 2; round++) {
      for (Path log : logs) {
        long before = Files.size(log);
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> Files.size(log) > before && Files.readString(log).contains(" 0 open, "));
        assertThat(Files.readAllLines(log)).allMatch(line -> line.contains(" 0 open, then "));
      }
      assertThat(crictl().execSync(quiet, "echo", "heard")).isEqualTo("heard");
      node().kill();
      node().start();
      assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
      assertThat(crictl().execSync(quiet, "echo", "again")).isEqualTo("again");
    }
    crictl().remove(pod);
  }

  @Test
  void aRunThatIsInterruptedWhileItsMachineBootsLeavesNothing() {
    try (Command.Running run =
        Command.start(node().beagle("run", "--name", "hasty", Crictl.BUSYBOX, "true"), "")) {
      await().atMost(Duration.ofSeconds(30)).until(() -> !machines().isEmpty());
      Processes.signal(
          run.process().pid(), "TERM"); // a background shell ignores SIGINT for all it starts
      Command.Result result = run.result(Command.LIMIT);
      assertThat(result.exit()).isEqualTo(130);
      assertThat(result.err()).contains("interrupted; pod hasty is removed once it is made");
    }
    assertThat(machines()).isEmpty();
    assertThat(beagle("ps", "-a", "-o", "json").ok()).isEqualTo("[ ]");
  }

  private Command.Result beagle(String verb, String... arguments) {
    return Command.run(node().beagle(verb, arguments));
  }

  /**
   * Waits until the pod is no more, and its container with it; what the pod's status says of it.
   */
  private String reasonOfEnd(Crictl.Pod pod, String container) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> crictl().pod(pod).path("state").asString().equals("SANDBOX_NOTREADY"));
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> crictl().state(container).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(container).path("exitCode").asInt()).isEqualTo(255);
    assertThat(crictl().container(container).path("reason").asString()).isEqualTo("Unknown");
    return crictl().json("inspectp", pod.id()).path("info").path("reason").asString();
  }
}
