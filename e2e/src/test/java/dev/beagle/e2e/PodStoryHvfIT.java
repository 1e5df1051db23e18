package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The walk of every user of a runtime, with pods that are micro-VMs. */
final class PodStoryHvfIT extends HvfNodeIT {
  private static final String SLEEPER = "echo out; echo err >&2; trap 'exit 7' TERM;";

  @Test
  void twoContainersShareAMachineFromStartToRemoval() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "story").port(8080, 12080));
    assertThat(machines()).hasSize(1);
    String server =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "server", Crictl.PROBE, "probe", "http", "8080", "hello from the machine"));
    String client =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "client",
                    Crictl.BUSYBOX,
                    "sh",
                    "-c",
                    SLEEPER + " while :; do sleep 0.1; done"));
    assertThat(crictl().state(server)).isEqualTo("CONTAINER_RUNNING");
    assertThat(crictl().execSync(client, "uname", "-m")).isEqualTo("aarch64");
    assertThat(crictl().execSync(client, "hostname")).isEqualTo("story");
    assertServes(pod, client);
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(crictl().run("logs", client)).contains("out"));
    assertThat(Files.readAllLines(node().logs().resolve("story/client.log")))
        .anyMatch(line -> line.matches("\\S+T\\S+ stdout F out"))
        .anyMatch(line -> line.matches("\\S+T\\S+ stderr F err"));

    crictl().run("stop", "--timeout", "10", client);
    JsonNode ended = crictl().container(client);
    assertThat(ended.path("exitCode").asInt()).isEqualTo(7);
    assertThat(ended.path("reason").asString()).isEqualTo("Error");
    String again =
        crictl()
            .startContainer(
                pod,
                Config.container("client", Crictl.BUSYBOX, "sleep", "1000")
                    .with("metadata", Map.of("name", "client", "attempt", 2)));
    assertThat(crictl().execSync(again, "echo", "again")).isEqualTo("again");
    crictl().run("rm", client);

    crictl().run("stopp", pod.id());
    assertThat(crictl().pod(pod).path("state").asString()).isEqualTo("SANDBOX_NOTREADY");
    assertThat(crictl().state(server)).isEqualTo("CONTAINER_EXITED");
    assertThat(machines()).isEmpty();
    crictl().run("rmp", pod.id());
    assertThat(crictl().run("pods", "-q")).isEmpty();
  }

  /** From its other container, from the host by its address and a port of the host, forwarded. */
  private void assertServes(Crictl.Pod pod, String client) throws Exception {
    String hello = "hello from the machine\n";
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            crictl()
                .call("exec", "--sync", client, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/")
                .out()
                .startsWith(hello));
    assertThat(Checks.get("http://" + crictl().address(pod) + ":8080/")).isEqualTo(hello);
    assertThat(Checks.get("http://" + NetworkIT.HOST + ":12080/")).isEqualTo(hello);
    try (Command.Running forward = crictl().start("port-forward", pod.id(), "18080:8080")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> forward.out().contains("Forwarding from"));
      assertThat(Checks.get("http://127.0.0.1:18080/")).isEqualTo(hello);
    }
  }

  @Test
  void execTellsOutputErrorsAndCodeAndTakesInput() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "exec"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    Command.Result result =
        crictl().call("exec", id, "sh", "-c", "echo to out; echo to err >&2; exit 3");
    assertThat(result.out()).isEqualTo("to out\n");
    assertThat(result.err()).startsWith("to err\n").contains("exit code 3");
    assertThat(crictl().call("exec", "--sync", id, "sh", "-c", "exit 4").failure())
        .contains("exited with 4");
    String input = "0123456789abcdef".repeat(64 * 1024);
    assertThat(Command.run(crictl().command("exec", "-i", id, "md5sum"), Command.LIMIT, input).ok())
        .startsWith(Checks.md5(input));
    assertThat(crictl().run("exec", id, "seq", "1", "30000").lines().count()).isEqualTo(30_000);
  }

  @Test
  void aPodReachesTheHostAndNames() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(NetworkIT.HOST), 0), 10);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "from outside".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try (DatagramEcho echo = DatagramEcho.start(NetworkIT.HOST);
        NameServer _ =
            NameServer.ofThisMachine(
                Map.of("answer.beagle.test.", InetAddress.ofLiteral("10.99.7.7")))) {
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "out"));
      String id =
          crictl().startContainer(pod, Config.container("c", Crictl.PROBE, "sleep", "1000"));
      String url = "http://" + NetworkIT.HOST + ":" + server.getAddress().getPort() + "/";
      assertThat(crictl().execSync(id, "probe", "get", url)).isEqualTo("from outside");
      assertThat(
              crictl()
                  .execSync(id, "probe", "udp", NetworkIT.HOST + ":" + echo.port(), "a datagram"))
          .isEqualTo("a datagram");
      assertThat(crictl().execSync(id, "probe", "resolve", "answer.beagle.test."))
          .isEqualTo("10.99.7.7");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void theGuestHasItsDevicesAndTheRandomnessOfTheHost() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "random"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    assertThat(crictl().execSync(id, "cat", "/sys/class/misc/hw_random/rng_current"))
        .startsWith("virtio_rng");
    // Network card, disk, console, entropy, vsock, file system (virtio 1.2, section 5).
    assertThat(crictl().execSync(id, "sh", "-c", "cat /sys/bus/virtio/devices/*/device").lines())
        .containsExactlyInAnyOrder("0x0001", "0x0002", "0x0003", "0x0004", "0x0013", "0x001a");
    crictl().remove(pod);
  }

  @Test
  void limitsAreTheGuestsCgroups() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "limits"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container("limited", Crictl.PROBE, "probe", "spin")
                    .memoryLimit(64 << 20)
                    .cpuLimit(20_000));
    assertThat(crictl().execSync(id, "cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cpu.max"))
        .isEqualTo((64 << 20) + "\n20000 100000");
    String hungry =
        crictl()
            .startContainer(
                pod,
                Config.container("hungry", Crictl.PROBE, "probe", "eat", "200")
                    .memoryLimit(64 << 20));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> crictl().state(hungry).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(hungry).path("reason").asString()).isEqualTo("OOMKilled");
    assertThat(crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
  }

  @Test
  void aFolderOfTheHostIsReadAndAWritableOneRefused() throws Exception {
    Path folder = Files.createDirectory(node().base().resolve("mounted"));
    Files.writeString(folder.resolve("file"), "from the host");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "folders"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container("reader", Crictl.BUSYBOX, "sleep", "1000")
                    .mount("/mnt", folder, true));
    assertThat(crictl().execSync(id, "cat", "/mnt/file")).isEqualTo("from the host");
    assertThat(crictl().call("exec", "--sync", id, "touch", "/mnt/new").failure()).isNotBlank();
    Files.writeString(folder.resolve("later"), "written meanwhile");
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThat(crictl().call("exec", "--sync", id, "cat", "/mnt/later").out())
                .startsWith("written meanwhile"));

    Config writer =
        Config.container("writer", Crictl.BUSYBOX, "true").mount("/data", folder, false);
    Command.Result refused =
        crictl()
            .call(
                "create", pod.id(), writer.file(node().base()).toString(), pod.config().toString());
    assertThat(refused.failure()).contains("InvalidArgument", folder.toString(), "/data");
    crictl().remove(pod);
    Folders.delete(folder);
  }

  @Test
  void theHostsNamespacesAreRefusedByName() {
    for (Config pod :
        List.of(
            Config.pod(node(), "hostnet").hostNetwork(), Config.pod(node(), "hostpid").hostPid())) {
      assertThat(crictl().call("runp", pod.file(node().base()).toString()).failure())
          .contains("InvalidArgument", "the node VM is not there yet");
    }
    assertThat(crictl().run("pods", "-q")).isEmpty();
  }

  @Test
  void threeMachinesRunAtOnce() {
    List<Crictl.Pod> pods = new ArrayList<>();
    List<String> containers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "one-of-three-" + i));
      pods.add(pod);
      containers.add(
          crictl()
              .startContainer(
                  pod, Config.container("http", Crictl.PROBE, "probe", "http", "80", "pod " + i)));
    }
    assertThat(machines()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      String url = "http://" + crictl().address(pods.get(i)) + "/";
      String expected = "pod " + i;
      String neighbour = containers.get((i + 1) % 3);
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(crictl().execSync(neighbour, "probe", "get", url)).isEqualTo(expected));
    }
    crictl().remove(pods.get(1));
    assertThat(machines()).hasSize(2);
    assertThat(crictl().execSync(containers.get(2), "echo", "well")).isEqualTo("well");
    crictl().remove(pods.get(0));
    crictl().remove(pods.get(2));
    assertThat(machines()).isEmpty();
  }

  @Test
  void theDemoShowsAPodInAMachineAndLeavesNothing() {
    Prepared prepared = node().prepared();

    Command.Result demo =
        Command.run(
            List.of(
                prepared.get("beagle"),
                "demo",
                "--sandbox",
                "hvf",
                "--guest-image",
                guestImage(prepared).toString(),
                "--hypervisor-library",
                library(prepared).toString()));

    assertThat(demo.ok().lines().filter(line -> line.endsWith("\"Hello from Beagle\""))).hasSize(3);
    assertThat(demo.out()).contains("sandbox kind hvf", "a micro-VM", "nothing left");
    String folder = demo.out().replaceFirst("(?s).* in (/\\S+/beagle-demo-\\w+),.*", "$1");
    assertThat(Path.of(folder)).isAbsolute().doesNotExist();
    assertThat(machines()).isEmpty();
  }
}
