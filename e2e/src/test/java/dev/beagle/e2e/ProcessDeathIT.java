package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of the processes beside the daemon: what they held is reported as it is, cleaned
 * up, and costs nobody else.
 */
final class ProcessDeathIT extends NodeIT {
  /** The agent knows whichever it was given as "runtime". */
  private static final Set<String> OCI_RUNTIMES = Set.of("runtime", "crun", "runc");

  @Test
  void anAgentsDeathEndsItsPodAndNoOther() {
    Crictl.Pod other = crictl().runPod(Config.pod(node(), "unharmed"));
    String unharmed =
        crictl().startContainer(other, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    List<Long> before = Processes.agents().stream().map(Processes.Seen::pid).toList();
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "victim"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    String created = crictl().create(pod, Config.container("created", Crictl.BUSYBOX, "true"));
    long init = crictl().pid(id);
    List<Processes.Seen> agents =
        Processes.agents().stream().filter(seen -> !before.contains(seen.pid())).toList();
    assertThat(agents).as("the pod's agent").hasSize(1);
    Processes.kill(agents.getFirst().pid());

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> crictl().pod(pod).path("state").asString().equals("SANDBOX_NOTREADY"));
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(id).path("exitCode").asInt()).isEqualTo(255);
    assertThat(crictl().container(id).path("reason").asString())
        .isEqualTo(node().prepared().peer() ? "Error" : "Unknown");
    assertThat(Processes.alive(init)).as("the container's process outlives its agent").isFalse();
    assertThat(crictl().call("start", created).failure()).isNotBlank();
    assertThat(crictl().call("exec", "--sync", id, "true").failure()).isNotBlank();

    assertThat(crictl().state(unharmed)).isEqualTo("CONTAINER_RUNNING");
    assertThat(crictl().execSync(unharmed, "echo", "well")).isEqualTo("well");
    crictl().remove(pod);
    Crictl.Pod again = crictl().runPod(Config.pod(node(), "victim"));
    assertThat(crictl().pod(again).path("state").asString()).isEqualTo("SANDBOX_READY");
  }

  /** The first process of the PID namespace that a pod's containers share: all go with it. */
  @Test
  void aPausesDeathEndsThePodsContainersAndNewOnesRun() {
    assumeFalse(node().prepared().peer(), "the peer's pod ends with its pause");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "paused"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    List<Processes.Seen> pauses = Processes.matching(seen -> seen.name().equals("pause"));
    assertThat(pauses).as("the pod's pause").hasSize(1);
    Processes.kill(pauses.getFirst().pid());

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(id).path("exitCode").asInt()).isEqualTo(137);
    String next =
        crictl().startContainer(pod, Config.container("next", Crictl.BUSYBOX, "sleep", "1001"));
    String other =
        crictl().startContainer(pod, Config.container("other", Crictl.BUSYBOX, "sleep", "1002"));
    assertThat(crictl().execSync(next, "cat", "/proc/1/comm")).isEqualTo("pause");
    assertThat(crictl().execSync(other, "ps", "-o", "args")).contains("sleep 1001", "sleep 1002");
    crictl().remove(pod);
    assertThat(Processes.matching(seen -> seen.name().equals("pause"))).isEmpty();
  }

  @Test
  void anAgentsDeathWhileTheDaemonIsDeadIsFoundByTheNextOne() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "both"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    node().kill();
    Processes.agents().forEach(agent -> Processes.kill(agent.pid()));
    node().start();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_NOTREADY");
    crictl().remove(pod);
  }

  /** The host interface's among them, which is replaced; a pod's is asked again. */
  @Test
  void agentsThatHangDoNotKeepTheNextDaemonFromStarting() {
    assumeFalse(node().prepared().peer(), "the peer's shims are not asked at its start");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "hung"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    node().kill();
    List<Processes.Seen> agents = Processes.agents();
    assertThat(agents).as("a pod's agent and the host interface's").hasSize(2);
    agents.forEach(agent -> Processes.signal(agent.pid(), "STOP"));

    node().start();
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
    assertThat(crictl().run("info")).contains("AgentSilent", "not reached since the daemon");

    agents.forEach(agent -> Processes.signal(agent.pid(), "CONT"));
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(crictl().execSync(id, "echo", "well")).isEqualTo("well"));
    assertThat(Processes.agents()).as("the hung agent is replaced").hasSize(2);
  }

  @Test
  void aHostInterfaceWhoseAgentHangsIsReplaced() {
    assumeFalse(node().prepared().peer(), "the peer has no such agent");
    List<Long> before = Processes.agents().stream().map(Processes.Seen::pid).toList();
    assertThat(before).as("the host interface's agent").hasSize(1);
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "reached"));
    crictl()
        .startContainer(
            pod, Config.container("http", Crictl.PROBE, "probe", "http", "8080", "after all"));
    String url = "http://" + crictl().address(pod) + ":8080/";
    Processes.signal(before.getFirst(), "STOP");
    assertThat(crictl().run("info")).contains("HostInterfaceSilent");
    await(url)
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(Checks.get(url)).isEqualTo("after all\n"));
    assertThat(Processes.alive(before.getFirst())).as("the hung agent").isFalse();
    assertThat(crictl().run("info")).doesNotContain("HostInterfaceSilent", "AgentSilent");
  }

  @Test
  void theSwitchesDeathIsRepairedForThePodsThatThereAre() {
    assumeFalse(node().prepared().peer(), "the peer has no switch");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "network").port(8080, 12081));
    String id =
        crictl()
            .startContainer(
                pod, Config.container("http", Crictl.PROBE, "probe", "http", "8080", "after all"));
    String address = crictl().address(pod);
    List<Processes.Seen> switches = Processes.switches();
    assertThat(switches).as("the switch among %s", Processes.all()).hasSize(1);
    Processes.kill(switches.getFirst().pid());
    for (String url :
        List.of("http://" + address + ":8080/", "http://" + NetworkIT.HOST + ":12081/")) {
      await(url)
          .atMost(Duration.ofSeconds(15))
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(Checks.get(url)).isEqualTo("after all\n"));
    }
    assertThat(crictl().address(pod)).isEqualTo(address);
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
    Crictl.Pod next = crictl().runPod(Config.pod(node(), "next"));
    assertThat(crictl().address(next)).isNotEqualTo(address);
  }

  @Test
  void aSwitchThatHangsIsReplacedForThePodsThatThereAre() {
    assumeFalse(node().prepared().peer(), "the peer has no switch");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "silent"));
    crictl()
        .startContainer(
            pod, Config.container("http", Crictl.PROBE, "probe", "http", "8080", "after all"));
    String url = "http://" + crictl().address(pod) + ":8080/";
    long hung = Processes.switches().getFirst().pid();
    Processes.signal(hung, "STOP");
    await(url)
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(Checks.get(url)).isEqualTo("after all\n"));
    assertThat(Processes.switches())
        .singleElement()
        .satisfies(seen -> assertThat(seen.pid()).isNotEqualTo(hung));
  }

  @Test
  void theOciRuntimesDeathFailsOneContainerOnly() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "runtime"));
    String well =
        crictl().startContainer(pod, Config.container("well", Crictl.BUSYBOX, "sleep", "1000"));
    int failures = 0;
    for (int i = 0; i < 5; i++) {
      AtomicInteger killed = new AtomicInteger();
      Thread killer = Thread.ofPlatform().daemon().start(() -> killFirstRuntime(killed));
      Command.Result created =
          crictl()
              .call(
                  "create",
                  pod.id(),
                  Config.container("hit-" + i, Crictl.BUSYBOX, "sleep", "1000")
                      .file(node().base())
                      .toString(),
                  pod.config().toString());
      Command.Result started = created.exit() == 0 ? crictl().call("start", created.ok()) : created;
      killer.interrupt();
      if (killed.get() > 0 && started.exit() != 0) {
        failures++;
        assertThat(started.err()).isNotBlank();
        if (created.exit() == 0) {
          assertThat(crictl().state(created.ok())).isIn("CONTAINER_EXITED", "CONTAINER_CREATED");
        }
      }
    }
    assertThat(failures).as("runtimes killed in time").isPositive();
    assertThat(crictl().execSync(well, "echo", "well")).isEqualTo("well");
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_READY");
    crictl().remove(pod);
  }

  /**
   * Looks without a pause, at the newest processes first: the runtime lives for a few milliseconds.
   */
  private static void killFirstRuntime(AtomicInteger killed) {
    while (!Thread.currentThread().isInterrupted()) {
      Optional<Processes.Seen> runtime = Processes.newest(ProcessDeathIT::isRuntime);
      if (runtime.isPresent()) {
        ProcessHandle.of(runtime.get().pid()).ifPresent(ProcessHandle::destroyForcibly);
        killed.incrementAndGet();
        return;
      }
    }
  }

  /** By its first argument: crun runs itself from a copy, under another name. */
  static boolean isRuntime(Processes.Seen seen) {
    String program = seen.command().split(" ", 2)[0];
    return OCI_RUNTIMES.contains(program.substring(program.lastIndexOf('/') + 1));
  }
}
