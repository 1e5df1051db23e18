package dev.beagle.node.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.failure.Failure;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client says of a daemon that is not there, or not any more. */
class CriClientTest {
  @TempDir private Path folder;
  private Path socket;

  @BeforeEach
  void name() {
    socket = folder.resolve("cri.sock");
  }

  private void ask() {
    try (CriClient client = CriClient.connect(socket)) {
      client.runtime(
          Duration.ofSeconds(20), stub -> stub.version(VersionRequest.getDefaultInstance()));
    }
  }

  @Test
  void aDaemonThatDiesInTheMiddleIsToldOf() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(() -> hangUpOn(server));
      assertThatThrownBy(this::ask)
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("the daemon ended before it had answered");
    }
  }

  private static void hangUpOn(ServerSocketChannel server) {
    try {
      while (true) {
        try (SocketChannel client = server.accept()) {
          client.read(ByteBuffer.allocate(4096));
        }
      }
    } catch (IOException over) {
      // the test has closed it
    }
  }

  @Test
  void theSocketOfADeadDaemonIsToldOf() throws IOException {
    ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket))
        .close();
    assertThatThrownBy(this::ask)
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("the daemon does not answer; is it running?");
  }

  @Test
  void noSocketIsToldOf() {
    assertThatThrownBy(this::ask)
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("no daemon at " + socket);
  }
}
