package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A pod's network as its users see it: out, in, between pods, by name. The machine's own address is
 * 10.99.0.1.
 */
final class NetworkIT extends NodeIT {
  static final String HOST = "10.99.0.1";

  @Test
  void aPodReachesServersOfTheHostByTcpAndUdp() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "out"));
    String id = crictl().startContainer(pod, Config.container("c", Crictl.PROBE, "sleep", "1000"));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(HOST), 0), 10);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "from outside".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try (DatagramEcho echo = DatagramEcho.start(HOST)) {
      assertThat(
              crictl()
                  .execSync(
                      id,
                      "probe",
                      "get",
                      "http://" + HOST + ":" + server.getAddress().getPort() + "/"))
          .isEqualTo("from outside");
      assertThat(crictl().execSync(id, "probe", "udp", HOST + ":" + echo.port(), "a datagram"))
          .isEqualTo("a datagram");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void theHostsLoopbackIsOutOfReach() throws IOException {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "loopback"));
    String id = crictl().startContainer(pod, Config.container("c", Crictl.PROBE, "sleep", "1000"));
    assertThat(
            crictl()
                .call(
                    "exec",
                    "--sync",
                    id,
                    "probe",
                    "get",
                    "http://127.0.0.1:" + REGISTRY_PORT + "/v2/")
                .failure())
        .contains("refused");
  }

  @Test
  void theHostAndOtherPodsReachAPodByItsAddress() {
    Crictl.Pod server = crictl().runPod(Config.pod(node(), "server"));
    crictl()
        .startContainer(
            server,
            Config.container("http", Crictl.PROBE, "probe", "http", "8080", "by its address"));
    Crictl.Pod other = crictl().runPod(Config.pod(node(), "other"));
    String client =
        crictl().startContainer(other, Config.container("c", Crictl.PROBE, "sleep", "1000"));
    String url = "http://" + crictl().address(server) + ":8080/";
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(Checks.get(url)).isEqualTo("by its address\n"));
    assertThat(crictl().execSync(client, "probe", "get", url)).isEqualTo("by its address");
    assertThat(crictl().execSync(client, "ping", "-c", "1", "-W", "2", crictl().address(server)))
        .contains("1 packets received");
    assertThat(crictl().address(other)).isNotEqualTo(crictl().address(server));
  }

  @Test
  void aHostPortLeadsIntoThePod() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "hostport").port(8080, 12080));
    crictl()
        .startContainer(
            pod,
            Config.container(
                "http", Crictl.PROBE, "probe", "http", "8080", "by a port of the host"));
    for (String host : List.of(HOST, "127.0.0.1")) {
      await(host)
          .atMost(Duration.ofSeconds(10))
          .ignoreExceptions()
          .untilAsserted(() ->
              assertThat(Checks.get("http://" + host + ":12080/"))
                  .isEqualTo("by a port of the host\n"));
    }
    crictl().remove(pod);
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() ->
            org.assertj.core.api.Assertions.assertThatThrownBy(
                    () -> Checks.get("http://" + HOST + ":12080/"))
                .isInstanceOf(IOException.class));
  }

  @Test
  void namesAreResolvedByWhatTheMachineUses() throws Exception {
    try (NameServer names =
        NameServer.ofThisMachine(
            Map.of("answer.beagle.test.", InetAddress.ofLiteral("10.99.7.7")))) {
      Crictl.Pod pod = crictl().runPod(Config.pod(node(), "names"));
      String id =
          crictl().startContainer(pod, Config.container("c", Crictl.PROBE, "sleep", "1000"));
      assertThat(crictl().execSync(id, "probe", "resolve", "answer.beagle.test."))
          .isEqualTo("10.99.7.7");
      assertThat(
              crictl()
                  .call("exec", "--sync", id, "probe", "resolve", "absent.beagle.test.")
                  .failure())
          .contains("no such host");
      assertThat(names.asked()).contains("answer.beagle.test.");
    }
  }

  @Test
  void dnsConfigIsWrittenAsGiven() {
    Map<String, Object> dns =
        Map.of(
            "servers",
            List.of("10.99.0.1"),
            "searches",
            List.of("svc.example"),
            "options",
            List.of("ndots:3"));
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "dns").with("dns_config", dns));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000"));
    assertThat(crictl().execSync(id, "cat", "/etc/resolv.conf"))
        .contains("nameserver 10.99.0.1")
        .contains("search svc.example")
        .contains("options ndots:3");
  }

  @Test
  void aHostNetworkPodHasTheHostsAddresses() {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "hostnet").hostNetwork());
    String id =
        crictl()
            .startContainer(
                pod, Config.container("c", Crictl.BUSYBOX, "sleep", "1000").hostNetwork());
    assertThat(crictl().execSync(id, "ip", "address")).contains(HOST + "/32");
    assertThat(crictl().address(pod)).isEmpty();
  }
}
