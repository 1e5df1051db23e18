package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What flows while the daemon is killed and started again flows on, to the byte. */
final class TrafficSurvivesIT extends NodeIT {
  @Test
  void connectionsOutAndInGoOnThroughADeathOfTheDaemon() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "traffic").port(7000, 17000));
    crictl().startContainer(pod, Config.container("echo", Crictl.PROBE, "probe", "echo", "7000"));
    LineCounter outbound = new LineCounter();
    LineCounter inbound = new LineCounter();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.ofLiteral(NetworkIT.HOST))) {
      String id =
          crictl()
              .startContainer(
                  pod,
                  Config.container(
                      "count",
                      Crictl.PROBE,
                      "probe",
                      "count",
                      NetworkIT.HOST + ":" + server.getLocalPort()));
      try (Socket fromPod = server.accept();
          Socket intoPod = LineCounter.connect(NetworkIT.HOST, 17000)) {
        outbound.start(fromPod, true);
        inbound.start(intoPod, false);
        LineCounter.writeTo(intoPod);
        outbound.more(1000);
        inbound.more(1000);
        node().kill();
        outbound.more(5000);
        inbound.more(5000);
        node().start();
        outbound.more(5000);
        inbound.more(5000);
        assertThat(crictl().state(id)).isEqualTo("CONTAINER_RUNNING");
      }
    }
  }

  @Test
  void tenMegabytesASecondOfOutputLoseNothing() throws Exception {
    assumeFalse(node().prepared().peer(), "the peer writes logs in its daemon");
    long total = 80_000_000;
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "output"));
    String id =
        crictl()
            .startContainer(
                pod,
                Config.container(
                    "lines", Crictl.PROBE, "probe", "lines", "10000000", Long.toString(total)));
    Path log = Path.of(crictl().container(id).path("logPath").asString());
    for (int i = 1; i <= 3; i++) {
      long enough = i * total / 5;
      await("output").atMost(Duration.ofSeconds(30)).until(() -> Files.size(log) > enough);
      node().kill();
      long atDeath = Files.size(log);
      await("output without a daemon")
          .atMost(Duration.ofSeconds(10))
          .until(() -> Files.size(log) > atDeath + 1_000_000);
      node().start();
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> crictl().state(id).equals("CONTAINER_EXITED"));
    assertThat(crictl().container(id).path("exitCode").asInt()).isZero();
    long number = 0;
    try (BufferedReader lines = Files.newBufferedReader(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.endsWith(" stdout F " + LineCounter.line(number))) {
          assertThat(line).as("line %d", number).endsWith(" stdout F " + LineCounter.line(number));
        }
        number++;
      }
    }
    assertThat(number).isEqualTo(total / 64);
    Folders.delete(node().logs());
    Files.createDirectory(node().logs());
  }

  @Override
  List<String> images() {
    return List.of(Crictl.PROBE);
  }
}
