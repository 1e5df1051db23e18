package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.testing.ManualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpUpgradeTest {
  private static final String SPDY = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n";
  private static final String VERSION = "X-Stream-Protocol-Version: ";

  private final ManualTime time = new ManualTime();
  private final WaitingRequests waiting = new WaitingRequests(time, StreamingLimits.STANDARD);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final String token =
      waiting.add(
          new StreamingRequest.RemoteCommand(
              false,
              false,
              new StreamOptions(false, true, true, true),
              () -> {
                throw Failure.internal("not opened here");
              }));

  HttpUpgradeTest() {
    new HttpUpgrade(
            waiting, new Admission(StreamingLimits.STANDARD), StreamingLimits.STANDARD, threads)
        .install(channel.pipeline());
  }

  @AfterEach
  void nothingEscapesOrLeaks() {
    channel.checkException();
    channel.finishAndReleaseAll();
    threads.close();
  }

  private String send(String request) {
    channel.writeInbound(Unpooled.copiedBuffer(request, ISO_8859_1));
    return new String(received(), ISO_8859_1);
  }

  private byte[] received() {
    channel.runPendingTasks();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      byte[] piece = new byte[out.readableBytes()];
      out.readBytes(piece).release();
      bytes.writeBytes(piece);
    }
    return bytes.toByteArray();
  }

  private String post(String path, String headers) {
    return send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v4.channel.k8s.io",
        "v5.channel.k8s.io, v4.channel.k8s.io, v3.channel.k8s.io",
        "v5.channel.k8s.io\r\n" + VERSION + "v4.channel.k8s.io\r\n" + VERSION + "channel.k8s.io",
      })
  void theClientsFirstVersionThatWeKnowIsTaken(String versions) {
    String reply = post("/exec/" + token + "?ignored=1", SPDY + VERSION + versions + "\r\n");
    assertThat(reply)
        .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
        .containsIgnoringCase("connection: Upgrade\r\n")
        .containsIgnoringCase("upgrade: SPDY/3.1\r\n")
        .contains(VERSION + "v4.channel.k8s.io\r\n")
        .endsWith("\r\n\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "/exec/unknown,404",
    "/exec/,404",
    "/,404",
    "/exec/../../etc/passwd,404",
    "/attach/TOKEN,404",
    "/exec/TOKEN/more,404",
  })
  void anotherPathIsNotFound(String path, String code) {
    assertThat(post(path.replace("TOKEN", token), SPDY + VERSION + "v4.channel.k8s.io\r\n"))
        .startsWith("HTTP/1.1 " + code);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void anExpiredTokenIsNotFound() {
    time.advance(Duration.ofMinutes(2));
    assertThat(post("/exec/" + token, SPDY + VERSION + "v4.channel.k8s.io\r\n"))
        .startsWith("HTTP/1.1 404");
  }

  @Test
  void aRequestWithoutUpgradeIsBad() {
    assertThat(post("/exec/" + token, VERSION + "v4.channel.k8s.io\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("an upgrade to SPDY/3.1 or websocket is needed");
  }

  @Test
  void aRequestWithoutVersionIsBad() {
    assertThat(post("/exec/" + token, SPDY))
        .startsWith("HTTP/1.1 400")
        .contains(VERSION.substring(0, 25));
  }

  @Test
  void noCommonVersionIsForbiddenAndTellsOurs() {
    assertThat(post("/exec/" + token, SPDY + VERSION + "v9.channel.k8s.io\r\n"))
        .startsWith("HTTP/1.1 403")
        .containsIgnoringCase("X-Accepted-Stream-Protocol-Versions: v4.channel.k8s.io\r\n")
        .containsIgnoringCase("X-Accepted-Stream-Protocol-Versions: channel.k8s.io\r\n");
    // A client that was refused may come again with another version.
    assertThat(waiting.take(token)).isTrue();
  }

  @Test
  void anUpgradeUsesTheTokenUp() {
    post("/exec/" + token, SPDY + VERSION + "v4.channel.k8s.io\r\n");
    assertThat(waiting.take(token)).isFalse();
  }

  @Test
  void otherMethodsAreRefused() {
    assertThat(send("DELETE /exec/" + token + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 405");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "POST /exec/x HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /exec/x HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
      })
  void whatIsNotHttpIsRefused(String request) {
    assertThat(send(request)).startsWith("HTTP/1.1 400");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void anEndlessHeaderIsRefused() {
    String reply = send("POST /exec/x HTTP/1.1\r\nX: " + "x".repeat(20_000));
    assertThat(reply).startsWith("HTTP/1.1 4");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aLargeBodyIsRefused() {
    String reply = send("POST /exec/x HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + "x".repeat(5000));
    assertThat(reply).startsWith("HTTP/1.1 413");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void framesSentTogetherWithTheRequestAreNotLost() {
    SpdyWire wire = new SpdyWire();
    String request =
        "POST /exec/" + token + " HTTP/1.1\r\n" + SPDY + VERSION + "v4.channel.k8s.io\r\n\r\n";
    ByteBuf all = Unpooled.buffer();
    all.writeCharSequence(request, ISO_8859_1);
    all.writeBytes(wire.open(1, Map.of("streamtype", "error")));
    all.writeBytes(SpdyWire.ping(1));
    channel.writeInbound(all);
    byte[] received = received();
    int end = new String(received, ISO_8859_1).indexOf("\r\n\r\n") + 4;
    assertThat(wire.read(Arrays.copyOfRange(received, end, received.length)))
        .isEqualTo(List.of(new SpdyWire.Reply(1, Map.of("status", "200")), new SpdyWire.Ping(1)));
  }

  @Test
  void aWebSocketOfAnotherVersionIsToldOurs() {
    assertThat(
            send(
                "GET /exec/"
                    + token
                    + " HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"))
        .startsWith("HTTP/1.1 426")
        .containsIgnoringCase("sec-websocket-version: 13\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "'v5.channel.k8s.io, v4.channel.k8s.io',v5.channel.k8s.io",
    "'v9.channel.k8s.io, base64.channel.k8s.io',base64.channel.k8s.io",
  })
  void aWebSocketGetsItsFirstProtocolThatWeKnow(String offered, String agreed) {
    assertThat(
            send(
                "GET /exec/"
                    + token
                    + " HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Protocol: "
                    + offered
                    + "\r\n\r\n"))
        .startsWith("HTTP/1.1 101")
        .containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
        .containsIgnoringCase("sec-websocket-protocol: " + agreed + "\r\n");
  }

  @Test
  void aWebSocketTunnelIsForPortForwardOnly() {
    assertThat(
            send(
                "GET /exec/"
                    + token
                    + " HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
  }
}
