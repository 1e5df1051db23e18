package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.streaming.SpdyWire.Data;
import dev.beagle.node.streaming.SpdyWire.Frame;
import dev.beagle.runtime.stdio.TerminalSize;
import dev.beagle.time.Time;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The server on its socket, with a client that can misbehave. */
class StreamingServerIT {
  private static final StreamOptions ALL = new StreamOptions(false, true, true, true);

  /** What the kernel's two socket buffers and ours may hold of a stream that stands still. */
  private static final long STILL_BYTES = 16 << 20;

  private static final int STRANGERS = 8;

  private final List<Client> clients = new ArrayList<>();
  private StreamingServer server = StreamingServer.open(Time.system());

  @AfterEach
  void close() throws IOException {
    for (Client client : clients) {
      client.socket.close();
    }
    server.close();
  }

  private void serveWith(Duration handshake, Duration idle, Duration stallPing, int connections) {
    server.close();
    server =
        StreamingServer.open(
            Time.system(),
            new StreamingLimits(
                Duration.ofMinutes(1),
                1000,
                STRANGERS,
                connections,
                handshake,
                handshake,
                idle,
                stallPing,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                100));
  }

  private Client exec(SimulatedProcess.Program program) throws IOException {
    Client client = new Client(server.exec(ALL, () -> new SimulatedProcess(ALL, program)));
    clients.add(client);
    client.upgrade();
    return client;
  }

  /** A SPDY client on a socket. */
  private static final class Client {
    private final SpdyWire wire = new SpdyWire();
    private final URI url;
    private final Socket socket;

    Client(URI url) throws IOException {
      this.url = url;
      this.socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort());
    }

    void request() throws IOException {
      write(
          ("POST "
                  + url.getPath()
                  + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                  + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n")
              .getBytes(ISO_8859_1));
    }

    void upgrade() throws IOException {
      request();
      StringBuilder reply = new StringBuilder();
      while (reply.indexOf("\r\n\r\n") < 0) {
        reply.append((char) socket.getInputStream().read());
      }
      assertThat(reply.toString()).startsWith("HTTP/1.1 101");
    }

    void open(String... types) throws IOException {
      int id = 1;
      for (String type : types) {
        write(wire.open(id, Map.of("streamtype", type)));
        id += 2;
      }
    }

    void write(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    /** Everything until the server ends the connection, stream by stream. */
    Map<Integer, String> readAll() throws IOException {
      Map<Integer, ByteArrayOutputStream> contents = new HashMap<>();
      for (Frame frame : wire.read(socket.getInputStream().readAllBytes())) {
        if (frame instanceof Data data) {
          contents
              .computeIfAbsent(data.streamId(), id -> new ByteArrayOutputStream())
              .writeBytes(data.content());
        }
      }
      Map<Integer, String> texts = new HashMap<>();
      contents.forEach((id, bytes) -> texts.put(id, bytes.toString(UTF_8)));
      return texts;
    }

    /** Sends on a stream as fast as it can until the connection ends. */
    Thread flood(int stream, AtomicLong sent) {
      return Thread.ofPlatform()
          .daemon()
          .start(() -> {
            byte[] piece = SpdyWire.data(stream, new byte[64 * 1024], false);
            try {
              while (sent.get() < 1L << 40) {
                write(piece);
                sent.addAndGet(piece.length);
              }
            } catch (IOException closed) {
              sent.set(-1);
            }
          });
    }

    boolean ended() throws IOException {
      socket.setSoTimeout(10_000);
      return socket.getInputStream().read() < 0;
    }
  }

  @Test
  void aClientThatDoesNotReadHoldsUpItsProcessOnly() throws Exception {
    AtomicLong produced = new AtomicLong();
    Client stuck =
        exec(streams -> {
          byte[] piece = new byte[64 * 1024];
          while (produced.get() < 1L << 40) {
            streams.out().write(piece);
            produced.addAndGet(piece.length);
          }
          return 0;
        });
    stuck.open("error", "stdin", "stdout", "stderr");
    awaitStill(produced);
    assertThat(produced.get()).isLessThan(STILL_BYTES);
    assertAnotherClientIsServed();
  }

  @Test
  void aProcessThatDoesNotReadHoldsUpItsClientOnly() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Client eager =
        exec(streams -> {
          done.await();
          return 0;
        });
    eager.open("error", "stdin", "stdout", "stderr");
    AtomicLong sent = new AtomicLong();
    Thread sender = eager.flood(3, sent);
    awaitStill(sent);
    assertThat(sent.get()).isLessThan(STILL_BYTES);
    assertAnotherClientIsServed();
    done.countDown();
    assertThat(eager.readAll()).containsEntry(1, "{\"metadata\":{},\"status\":\"Success\"}");
    eager.socket.close();
    sender.join();
  }

  /** The same number five times in a row, 100 ms apart. */
  private static void awaitStill(AtomicLong count) {
    long[] seen = {-1, 0};
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          long now = count.get();
          seen[1] = now > 0 && now == seen[0] ? seen[1] + 1 : 0;
          seen[0] = now;
          return seen[1] == 5;
        });
  }

  private void assertAnotherClientIsServed() throws Exception {
    Client other =
        exec(streams -> {
          streams.out().write("fine".getBytes(UTF_8));
          return 0;
        });
    other.open("error", "stdin", "stdout", "stderr");
    assertThat(other.readAll()).containsEntry(5, "fine");
  }

  @Test
  void aHostileConnectionCostsItselfOnly() throws Exception {
    Client hostile = exec(streams -> streams.in().read());
    hostile.open("error", "stdin", "stdout", "stderr");
    hostile.write(new byte[] {(byte) 0x80, 3, 0, 1, 0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
    hostile.write(new byte[100_000]);
    assertThat(hostile.socket.getInputStream().readAllBytes()).isNotNull();
    assertAnotherClientIsServed();
  }

  @Test
  void aGoneClientIsNoticedWhileItsInputIsHeldUp() throws Exception {
    serveWith(Duration.ofSeconds(30), Duration.ofHours(4), Duration.ofMillis(100), 100);
    CountDownLatch started = new CountDownLatch(1);
    SimulatedProcess[] process = new SimulatedProcess[1];
    Client client =
        new Client(
            server.exec(
                ALL,
                () -> {
                  process[0] =
                      new SimulatedProcess(
                          ALL,
                          streams -> {
                            started.countDown();
                            return streams.sizes().take().columns();
                          });
                  return process[0];
                }));
    clients.add(client);
    client.upgrade();
    client.open("error", "stdin", "stdout", "stderr");
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    AtomicLong sent = new AtomicLong();
    Thread sender = client.flood(3, sent);
    awaitStill(sent);
    client.socket.close();
    sender.join();
    assertThat(process[0].closed().await(10, TimeUnit.SECONDS)).isTrue();
    process[0].resize(new TerminalSize(1, 1));
  }

  @Test
  void anIdleConnectionIsClosed() throws Exception {
    serveWith(Duration.ofSeconds(30), Duration.ofMillis(200), Duration.ofSeconds(30), 100);
    Client client = exec(streams -> streams.in().read());
    client.open("error", "stdin", "stdout", "stderr");
    client.readAll();
    assertThat(client.ended()).isTrue();
  }

  @Test
  void aClientThatDoesNotUpgradeOrDoesNotOpenItsStreamsIsDropped() throws Exception {
    serveWith(Duration.ofMillis(200), Duration.ofHours(4), Duration.ofSeconds(30), 100);
    Client silent = new Client(server.exec(ALL, () -> new SimulatedProcess(ALL, streams -> 0)));
    clients.add(silent);
    Client lazy = exec(streams -> 0);
    lazy.open("error", "stdin");
    assertThat(silent.ended()).isTrue();
    lazy.readAll();
    assertThat(lazy.ended()).isTrue();
  }

  @Test
  void moreConversationsThanTheLimitAreRefusedUntilOneEnds() throws Exception {
    serveWith(Duration.ofSeconds(30), Duration.ofHours(4), Duration.ofSeconds(30), 1);
    Client first = exec(streams -> streams.in().read());
    Client second = new Client(server.exec(ALL, () -> new SimulatedProcess(ALL, streams -> 0)));
    clients.add(second);
    second.request();
    assertThat(new String(second.socket.getInputStream().readAllBytes(), ISO_8859_1))
        .startsWith("HTTP/1.1 503")
        .contains("1 connections are open already");
    first.socket.close();
    Awaitility.await()
        .untilAsserted(() -> {
          Client third = exec(streams -> 4);
          third.open("error", "stdin", "stdout", "stderr");
          assertThat(third.readAll().get(1)).contains("\"message\":\"4\"");
        });
  }

  @Test
  void silentStrangersPushOutOneAnotherAndNobodyWithAToken() throws Exception {
    serveWith(Duration.ofSeconds(30), Duration.ofHours(4), Duration.ofSeconds(30), 2);
    Client talking = exec(streams -> streams.in().readAllBytes().length);
    List<Client> silent = new ArrayList<>();
    for (int count = 0; count < 5 * STRANGERS; count++) {
      Client stranger = new Client(talking.url);
      clients.add(stranger);
      silent.add(stranger);
    }
    Client late = exec(streams -> 4);
    late.open("error", "stdin", "stdout", "stderr");
    assertThat(late.readAll().get(1)).contains("\"message\":\"4\"");
    for (Client stranger : silent.subList(0, 4 * STRANGERS)) {
      assertThat(stranger.ended()).isTrue();
    }
    talking.open("error", "stdin", "stdout", "stderr");
    talking.write(SpdyWire.data(3, new byte[] {1, 2, 3}, true));
    assertThat(talking.readAll().get(1)).contains("\"message\":\"3\"");
  }

  @Test
  void aStrangerWithoutATokenThatServesIsNotAdmitted() throws Exception {
    serveWith(Duration.ofSeconds(30), Duration.ofHours(4), Duration.ofSeconds(30), 1);
    URI known = server.exec(ALL, () -> new SimulatedProcess(ALL, streams -> 0));
    for (int count = 0; count < 3; count++) {
      Client stranger = new Client(known.resolve("/exec/unknown"));
      clients.add(stranger);
      stranger.request();
      assertThat(new String(stranger.socket.getInputStream().readNBytes(12), ISO_8859_1))
          .isEqualTo("HTTP/1.1 404");
    }
    Client talking = exec(streams -> 4);
    talking.open("error", "stdin", "stdout", "stderr");
    assertThat(talking.readAll().get(1)).contains("\"message\":\"4\"");
  }

  @Test
  void closingTheServerEndsItsConversations() throws Exception {
    CountDownLatch talking = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Client client =
        exec(streams -> {
          talking.countDown();
          streams.in().readAllBytes();
          ended.countDown();
          return 0;
        });
    client.open("error", "stdin", "stdout", "stderr");
    assertThat(talking.await(10, TimeUnit.SECONDS)).isTrue();
    server.close();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
