package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortForwardSessionTest {
  private static final StreamingLimits LIMITS =
      new StreamingLimits(
          Duration.ofMinutes(1),
          1000,
          100,
          1000,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofHours(4),
          Duration.ofSeconds(30),
          Duration.ofMillis(20),
          Duration.ofSeconds(5),
          1000);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Target> dialled = new LinkedBlockingQueue<>();
  private final PortForwardSession session =
      new PortForwardSession(false, this::dial, LIMITS, threads);
  private final SimulatedConnection client = new SimulatedConnection(session);

  @AfterEach
  void everyThreadEnds() throws InterruptedException {
    session.lost();
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private ByteChannel dial(int port) {
    if (port == 81) {
      throw Failure.unavailable("nothing listens on localhost:81 in sandbox 4f2a");
    }
    Target target = new Target(port);
    dialled.add(target);
    return target;
  }

  private SimulatedConnection.Stream open(int id, String type, int port, String request) {
    return client.open(
        id,
        type + request,
        Map.of("streamtype", type, "port", Integer.toString(port), "requestid", request));
  }

  private Target target() throws InterruptedException {
    Target target = dialled.poll(10, TimeUnit.SECONDS);
    assertThat(target).as("dialled").isNotNull();
    return Objects.requireNonNull(target);
  }

  private void awaitEvents(String... expected) {
    Awaitility.await().untilAsserted(() -> assertThat(client.events()).contains(expected));
  }

  @Test
  void pairsAreMadeByRequestInAnyOrder() throws Exception {
    open(1, "error", 80, "0");
    open(3, "error", 443, "1");
    open(5, "data", 443, "1").clientSends("to 443");
    Target second = target();
    open(7, "data", 80, "0").clientSends("to 80");
    Target first = target();
    assertThat(second.port).isEqualTo(443);
    assertThat(second.awaitReceived(6)).isEqualTo("to 443");
    assertThat(first.port).isEqualTo(80);
    assertThat(first.awaitReceived(5)).isEqualTo("to 80");
    first.answer("from 80");
    awaitEvents("data0: from 80");
    first.endAnswer();
    awaitEvents("data0 ended", "error0 ended", "data0 released", "error0 released");
    assertThat(client.events()).doesNotContain("data1 ended");
    assertThat(client.events().indexOf("data0 ended"))
        .isLessThan(client.events().indexOf("error0 ended"));
  }

  @Test
  void oldClientsPairByStreamIds() throws Exception {
    client.open(5, "error", Map.of("streamtype", "error", "port", "80"));
    client.open(7, "data", Map.of("streamtype", "data", "port", "80")).clientSends("hello");
    assertThat(target().awaitReceived(5)).isEqualTo("hello");
  }

  @Test
  void aFailureIsTextOnTheErrorStreamAndNothingElseEnds() throws Exception {
    open(1, "error", 80, "0");
    open(3, "data", 80, "0");
    target();
    open(5, "error", 81, "1");
    open(7, "data", 81, "1");
    awaitEvents(
        "error1: error forwarding port 81: nothing listens on localhost:81 in sandbox 4f2a",
        "data1 ended",
        "error1 ended",
        "error1 released");
    assertThat(client.events()).noneMatch(event -> event.contains("0 ended"));
  }

  @Test
  void whatBreaksLaterResetsOnlyItsDataStream() throws Exception {
    open(1, "error", 80, "0");
    open(3, "data", 80, "0");
    target().breakRead();
    awaitEvents("data0 reset", "error0 ended", "error0 released");
    assertThat(client.events()).noneMatch(event -> event.startsWith("error0: "));
  }

  @Test
  void aClientThatResetsItsDataClosesTheTarget() throws Exception {
    open(1, "error", 80, "0");
    SimulatedConnection.Stream data = open(3, "data", 80, "0");
    Target target = target();
    data.clientResets();
    assertThat(target.closed.await(10, TimeUnit.SECONDS)).isTrue();
    awaitEvents("error0 released");
  }

  @Test
  void losingTheClientClosesEveryTarget() throws Exception {
    open(1, "error", 80, "0");
    open(3, "data", 80, "0");
    open(5, "error", 80, "1");
    open(7, "data", 80, "1");
    Target one = target();
    Target other = target();
    session.lost();
    assertThat(one.closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(other.closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aTargetWithoutHalfCloseGetsAGrace() throws Exception {
    open(1, "error", 80, "0");
    open(3, "data", 80, "0").clientCloses();
    assertThat(target().closed.await(10, TimeUnit.SECONDS)).isTrue();
    awaitEvents("error0 released");
  }

  @Test
  void halfAPairIsResetInTheEnd() {
    open(1, "error", 80, "0");
    open(3, "data", 80, "1");
    client.timeOut();
    assertThat(client.events()).containsExactlyInAnyOrder("error0 reset", "data1 reset");
  }

  @Test
  void doublesAreRefused() {
    assertThat(open(1, "error", 80, "0").accepted()).isTrue();
    assertThat(open(3, "error", 80, "0").accepted()).isFalse();
    assertThat(open(5, "data", 81, "0").accepted()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "65536", "-1", "80x", "99999999999", " 80"})
  void aBadPortIsRefused(String port) {
    assertThat(client.open(1, "bad", Map.of("streamtype", "data", "port", port)).accepted())
        .isFalse();
  }

  @Test
  void otherBadHeadersAreRefused() {
    assertThat(client.open(1, "bad", Map.of("streamtype", "data")).accepted()).isFalse();
    assertThat(client.open(3, "bad", Map.of("port", "80")).accepted()).isFalse();
    assertThat(open(5, "stdout", 80, "0").accepted()).isFalse();
    assertThat(open(7, "data", 80, "x".repeat(129)).accepted()).isFalse();
  }

  @Test
  void aConnectionOfFixedPairsEndsWithTheLast() throws Exception {
    PortForwardSession fixed = new PortForwardSession(true, this::dial, LIMITS, threads);
    SimulatedConnection channels = new SimulatedConnection(fixed);
    for (String type : List.of("data", "error")) {
      channels.open(
          type.length(), type, Map.of("streamtype", type, "port", "80", "requestid", "0"));
    }
    target().endAnswer();
    assertThat(channels.awaitEnd()).endsWith("finished");
  }

  /** What listens on a port: a channel that is no socket, so without half-close. */
  private static final class Target implements ByteChannel {
    private final int port;
    private final Pipe toTarget;
    private final Pipe toClient;
    private final CountDownLatch closed = new CountDownLatch(1);

    private Target(int port) {
      this.port = port;
      try {
        toTarget = Pipe.open();
        toClient = Pipe.open();
      } catch (IOException failed) {
        throw Failure.unavailable("pipes", failed);
      }
    }

    String awaitReceived(int length) throws IOException {
      ByteBuffer received = ByteBuffer.allocate(length);
      while (received.hasRemaining() && toTarget.source().read(received) >= 0) {
        // until it is full
      }
      return new String(received.array(), 0, received.position(), UTF_8);
    }

    void answer(String text) throws IOException {
      toClient.sink().write(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    void endAnswer() throws IOException {
      toClient.sink().close();
    }

    void breakRead() throws IOException {
      toClient.source().close();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return toClient.source().read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return toTarget.sink().write(source);
    }

    @Override
    public boolean isOpen() {
      return closed.getCount() > 0;
    }

    @Override
    public void close() throws IOException {
      closed.countDown();
      toClient.source().close();
      toTarget.sink().close();
    }
  }
}
