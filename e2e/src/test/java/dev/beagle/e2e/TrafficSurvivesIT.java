package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What flows while the daemon is killed and started again flows on, to the byte. */
final class TrafficSurvivesIT extends NodeIT {
  /**
   * Counts lines that have to be 0, 1, 2 and so on, 64 bytes each; sends each back if it is given
   * where to.
   */
  private static final class Counter {
    final AtomicLong lines = new AtomicLong();
    final AtomicReference<String> wrong = new AtomicReference<>("");

    void read(Socket socket, boolean answer) {
      try (BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
        OutputStream out = socket.getOutputStream();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          if (!line.equals(line(lines.get()))) {
            wrong.set("line " + lines.get() + " is '" + line + "'");
            return;
          }
          lines.incrementAndGet();
          if (answer) {
            out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
          }
        }
        wrong.compareAndSet("", "ended after line " + lines.get());
      } catch (IOException e) {
        wrong.compareAndSet("", "after line " + lines.get() + ": " + e);
      }
    }

    /** Waits until so many more lines have come, all of them right. */
    void more(long count) {
      long target = lines.get() + count;
      await("more lines")
          .atMost(Duration.ofSeconds(20))
          .until(() -> lines.get() >= target || !wrong.get().isEmpty());
      assertThat(wrong.get()).isEmpty();
    }

    static String line(long number) {
      return String.format("%-63d", number);
    }
  }

  @Test
  void connectionsOutAndInGoOnThroughADeathOfTheDaemon() throws Exception {
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "traffic").port(7000, 17000));
    crictl().startContainer(pod, Config.container("echo", Crictl.PROBE, "probe", "echo", "7000"));
    Counter outbound = new Counter();
    Counter inbound = new Counter();
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
          Socket intoPod = connect(17000)) {
        Thread.ofPlatform().daemon().start(() -> outbound.read(fromPod, true));
        Thread.ofPlatform().daemon().start(() -> inbound.read(intoPod, false));
        Thread.ofPlatform().daemon().start(() -> write(intoPod));
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
        if (!line.endsWith(" stdout F " + Counter.line(number))) {
          assertThat(line).as("line %d", number).endsWith(" stdout F " + Counter.line(number));
        }
        number++;
      }
    }
    assertThat(number).isEqualTo(total / 64);
    Folders.delete(node().logs());
    Files.createDirectory(node().logs());
  }

  private static Socket connect(int port) {
    return await("a connection through the hostPort")
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(
            () -> {
              Socket socket = new Socket();
              socket.connect(
                  new InetSocketAddress(InetAddress.ofLiteral(NetworkIT.HOST), port), 1000);
              return socket;
            },
            Socket::isConnected);
  }

  private static void write(Socket socket) {
    try {
      OutputStream out = socket.getOutputStream();
      for (long n = 0; ; n++) {
        out.write((Counter.line(n) + "\n").getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      // The test is over; what matters is counted where it arrives.
    }
  }

  @Override
  List<String> images() {
    return List.of(Crictl.PROBE);
  }
}
