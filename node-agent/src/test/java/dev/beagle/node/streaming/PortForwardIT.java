package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Port forwarding with client-go's port forwarder, which kubectl and crictl use. */
class PortForwardIT {
  private final StreamingServer server = StreamingServer.open(Time.system());
  private final ServerSocket listener;

  PortForwardIT() throws IOException {
    listener = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
  }

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(GoClient.canBeBuilt(), "SKIPPED: no go in PATH, so no real streaming clients");
    GoClient.build();
  }

  /** A server that answers "port of the dialer: request" once it has seen the request's end. */
  @BeforeEach
  void serve() {
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (!listener.isClosed()) {
            try {
              Socket caller = listener.accept();
              Thread.ofVirtual().start(() -> answer(caller));
            } catch (IOException closed) {
              return;
            }
          }
        });
  }

  private static void answer(Socket caller) {
    try (caller) {
      InputStream in = caller.getInputStream();
      byte[] request = in.readAllBytes();
      caller.getOutputStream().write("answer to ".getBytes(UTF_8));
      caller.getOutputStream().write(request);
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  private ByteChannel dial(int port) {
    if (port == 81) {
      throw Failure.unavailable("nothing listens on localhost:81 in sandbox 4f2a");
    }
    try {
      return SocketChannel.open(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()));
    } catch (IOException failed) {
      throw Failure.unavailable("dialing", failed);
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    listener.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spdy", "websocket"})
  void twentyConnectionsAtOnceGetTheirOwnAnswers(String transport) throws Exception {
    URI url = server.portForward(List.of(), this::dial);
    JsonNode seen =
        GoClient.call(
            url,
            "-mode",
            "forward",
            "-transport",
            transport,
            "-ports",
            "80,8080",
            "-each",
            "10",
            "-message",
            "x".repeat(100_000));
    assertThat(seen.get("error").asString()).isEmpty();
    assertThat(seen.get("replies")).hasSize(20);
    for (JsonNode reply : seen.get("replies")) {
      assertThat(reply.asString()).isEqualTo("answer to " + "x".repeat(100_000));
    }
  }

  @Test
  void aRefusalIsTold() throws Exception {
    URI url = server.portForward(List.of(), this::dial);
    JsonNode seen = GoClient.call(url, "-mode", "forward", "-ports", "81");
    assertThat(seen.get("replies").get(0).asString()).isEmpty();
    // The forwarder logs the text itself and gives up the connection.
    assertThat(seen.get("error").asString()).isEqualTo("lost connection to pod");
  }
}
