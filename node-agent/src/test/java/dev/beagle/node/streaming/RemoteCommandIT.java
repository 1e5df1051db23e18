package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.io.InputStream;
import java.net.URI;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Exec and attach with the executors of client-go, which kubectl and crictl use. */
class RemoteCommandIT {
  private static final StreamOptions ALL = new StreamOptions(false, true, true, true);
  private static final StreamOptions OUTPUTS = new StreamOptions(false, false, true, true);
  private static final StreamOptions TERMINAL = new StreamOptions(true, true, true, false);
  private static final int MANY_BYTES = 50 << 20;

  private final StreamingServer server = StreamingServer.open(Time.system());

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(GoClient.canBeBuilt(), "SKIPPED: no go in PATH, so no real streaming clients");
    GoClient.build();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private URI exec(StreamOptions options, SimulatedProcess.Program program) {
    return server.exec(options, () -> new SimulatedProcess(options, program));
  }

  @ParameterizedTest
  @ValueSource(strings = {"spdy", "websocket"})
  void outputsAndExitCodeArrive(String transport) throws Exception {
    URI url =
        exec(
            OUTPUTS,
            streams -> {
              streams.out().write("hello".getBytes(UTF_8));
              streams.err().write("oh".getBytes(UTF_8));
              return 7;
            });
    JsonNode seen = GoClient.call(url, "-transport", transport, "-with-stderr");
    assertThat(seen.get("stdout").asString()).isEqualTo("hello");
    assertThat(seen.get("stderr").asString()).isEqualTo("oh");
    assertThat(seen.get("exitCode").asInt()).isEqualTo(7);
    assertThat(seen.get("error").asString()).isEqualTo("command terminated with exit code 7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"channel.k8s.io", "v2.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"})
  void everyVersionEchoes(String version) throws Exception {
    URI url =
        exec(
            ALL,
            streams -> {
              byte[] line = streams.in().readNBytes(5);
              streams.out().write(line);
              return 0;
            });
    JsonNode seen =
        GoClient.call(url, "-protocols", version, "-with-stdin", "-stdin", "ahoy!", "-with-stderr");
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("stdout").asString()).isEqualTo("ahoy!");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v2.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"})
  void everyVersionTellsAFailure(String version) throws Exception {
    URI url =
        server.exec(
            OUTPUTS,
            () -> {
              throw Failure.wrongState("container 4f2a is not running");
            });
    JsonNode seen = GoClient.call(url, "-protocols", version, "-with-stderr");
    assertThat(seen.get("error").asString())
        .endsWith(
            "Internal error occurred: error executing command in container:"
                + " container 4f2a is not running");
  }

  @Test
  void aFailureIsToldOverWebSocket() throws Exception {
    URI url =
        server.exec(
            OUTPUTS,
            () -> {
              throw Failure.notFound("container", "4f2a");
            });
    JsonNode seen = GoClient.call(url, "-transport", "websocket", "-with-stderr");
    assertThat(seen.get("error").asString()).endsWith("container 4f2a not found");
  }

  @Test
  void aTimeLimitIsTold() throws Exception {
    URI url =
        exec(
            OUTPUTS,
            streams -> {
              throw Failure.timedOut("exec ended after 3 s");
            });
    JsonNode seen = GoClient.call(url, "-with-stderr");
    assertThat(seen.get("error").asString()).endsWith("exec ended after 3 s");
    assertThat(seen.get("exitCode").asInt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spdy", "websocket"})
  void endOfInputIsSeenByTheProcess(String transport) throws Exception {
    URI url =
        exec(
            ALL,
            streams -> {
              streams
                  .out()
                  .write(Long.toString(streams.in().readAllBytes().length).getBytes(UTF_8));
              return 0;
            });
    JsonNode seen =
        GoClient.call(
            url, "-transport", transport, "-with-stdin", "-stdin-bytes", "100000", "-with-stderr");
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("stdout").asString()).isEqualTo("100000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"spdy", "websocket"})
  void fiftyMegabytesGoBothWaysAtOnce(String transport) throws Exception {
    AtomicReference<String> received = new AtomicReference<>("");
    URI url =
        exec(
            ALL,
            streams -> {
              MessageDigest digest = MessageDigest.getInstance("SHA-256");
              try (InputStream in = new DigestInputStream(streams.in(), digest)) {
                in.transferTo(streams.out());
              }
              received.set(HexFormat.of().formatHex(digest.digest()));
              return 0;
            });
    JsonNode seen =
        GoClient.call(
            url,
            "-transport",
            transport,
            "-with-stdin",
            "-stdin-bytes",
            Integer.toString(MANY_BYTES),
            "-with-stderr");
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("stdoutBytes").asInt()).isEqualTo(MANY_BYTES);
    assertThat(seen.get("stdoutHash").asString()).isEqualTo(seen.get("stdinHash").asString());
    assertThat(received.get()).isEqualTo(seen.get("stdinHash").asString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"spdy", "websocket"})
  void nothingIsLostWhenTheProcessEndsWhileTheClientStillSends(String transport) throws Exception {
    byte[] answer = new byte[4 << 20];
    URI url =
        exec(
            ALL,
            streams -> {
              streams.out().write(answer);
              return 3;
            });
    JsonNode seen =
        GoClient.call(
            url,
            "-transport",
            transport,
            "-with-stdin",
            "-stdin-bytes",
            Integer.toString(MANY_BYTES),
            "-with-stderr");
    assertThat(seen.get("stdoutBytes").asInt()).isEqualTo(answer.length);
    assertThat(seen.get("exitCode").asInt()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "spdy,v3.channel.k8s.io",
    "spdy,v4.channel.k8s.io",
    "websocket,v4.channel.k8s.io",
    "websocket,v5.channel.k8s.io",
  })
  void aTerminalGetsItsSizes(String transport, String version) throws Exception {
    URI url =
        exec(
            TERMINAL,
            streams -> {
              String sizes = streams.sizes().take() + " " + streams.sizes().take();
              streams.out().write(sizes.getBytes(UTF_8));
              return 0;
            });
    JsonNode seen =
        GoClient.call(url, "-transport", transport, "-protocols", version, "-tty", "-with-stdin");
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("stdout").asString())
        .isEqualTo("TerminalSize[columns=80, rows=24] TerminalSize[columns=132, rows=50]");
  }

  @Test
  void anAttachmentEndsInSuccessWhateverTheExitCode() throws Exception {
    URI url =
        server.attach(
            OUTPUTS,
            false,
            () ->
                new SimulatedProcess(
                    OUTPUTS,
                    streams -> {
                      streams.out().write("bye".getBytes(UTF_8));
                      return 9;
                    }));
    JsonNode seen = GoClient.call(url, "-with-stderr");
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("stdout").asString()).isEqualTo("bye");
  }

  @Test
  void aLostClientIsEndOfFileForTheProcess() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<SimulatedProcess> process = new AtomicReference<>();
    URI url =
        server.exec(
            ALL,
            () -> {
              SimulatedProcess started =
                  new SimulatedProcess(
                      ALL,
                      streams -> {
                        streams.in().readAllBytes();
                        ended.countDown();
                        return 0;
                      });
              process.set(started);
              return started;
            });
    // The executor's context ends while its stdin is still open, so it drops the connection.
    JsonNode seen =
        GoClient.call(
            url, "-with-stdin", "-stdin-bytes", "1000000000000", "-with-stderr", "-timeout", "1s");
    assertThat(seen.get("error").asString()).contains("deadline");
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.get().closed().await(10, TimeUnit.SECONDS)).isTrue();
  }
}
