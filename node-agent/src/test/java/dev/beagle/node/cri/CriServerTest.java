package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.cri.v1.ImageFsInfoRequest;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Tasks;
import io.grpc.Status;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CriServerTest {
  @Test
  void theSocketIsItsOwnersAloneAndGoesWithTheServer() throws IOException {
    Path socket;
    try (CriWorld world = CriWorld.open()) {
      socket = world.socket;
      assertThat(permissions(socket)).isEqualTo("rw-------");
      assertThat(permissions(socket.resolveSibling("."))).isEqualTo("rwx------");
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void callsAreRefusedUntilTheDaemonKnowsItsPods() {
    try (CriWorld world = CriWorld.starting()) {
      CriWorld.assertFails(
          Status.Code.UNAVAILABLE,
          "starting",
          () -> world.runtime.version(VersionRequest.getDefaultInstance()));
      CriWorld.assertFails(
          Status.Code.UNAVAILABLE,
          "starting",
          () -> world.imageService.imageFsInfo(ImageFsInfoRequest.getDefaultInstance()));

      world.server.admitCalls();

      assertThat(world.runtime.version(VersionRequest.getDefaultInstance()).getRuntimeName())
          .isEqualTo("beagle");
    }
  }

  @Test
  void manyCallsAtOnce() {
    try (CriWorld world = CriWorld.open()) {
      List<Callable<String>> runs = new ArrayList<>();
      for (int pod = 0; pod < 100; pod++) {
        String name = "pod-" + pod;
        runs.add(() -> world.runSandbox(name));
      }

      assertThat(Tasks.all(runs)).doesNotHaveDuplicates().hasSize(100);
      assertThat(
              world
                  .runtime
                  .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                  .getItemsList())
          .hasSize(100);
    }
  }

  @Test
  void manyClientsAtOnce() {
    try (CriWorld world = CriWorld.open()) {
      List<Callable<Boolean>> clients = new ArrayList<>();
      for (int client = 0; client < 64; client++) {
        clients.add(() -> greeted(world.socket));
      }

      assertThat(Tasks.all(clients)).hasSize(64).containsOnly(true);
    }
  }

  /** Whether a server of HTTP/2 speaks: it sends its settings first. */
  private static boolean greeted(Path socket) throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return client.read(ByteBuffer.allocate(9)) == 9;
    }
  }

  @Test
  void theSocketOfADeadDaemonIsReplaced() throws IOException {
    Path folder = Files.createTempDirectory("cri");
    Path socket = folder.resolve("cri.sock");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();

    assertThat(SocketFile.prepare(socket).path()).isEqualTo(socket);

    assertThat(socket).doesNotExist();
    Files.delete(folder);
  }

  @Test
  void theSocketOfALivingDaemonIsNot() {
    try (CriWorld world = CriWorld.open()) {
      assertFails(
          FailureKind.ALREADY_EXISTS, "another daemon", () -> SocketFile.prepare(world.socket));
      assertThat(world.runtime.version(VersionRequest.getDefaultInstance()).getVersion())
          .isEqualTo("0.1.0");
    }
  }

  @Test
  void whatIsNotASocketIsNotRemoved(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "precious", UTF_8);

    assertFails(FailureKind.INVALID_ARGUMENT, "is not a socket", () -> SocketFile.prepare(file));

    assertThat(file).hasContent("precious");
  }

  @Test
  void aPathThatNoSocketCanHaveIsRefused() {
    Path path = Path.of("/tmp", "x".repeat(100), "cri.sock");

    assertFails(
        FailureKind.INVALID_ARGUMENT, "use a shorter folder", () -> SocketFile.prepare(path));

    assertThat(path.getParent()).doesNotExist();
  }

  @Test
  void aFolderThatIsOpenToOthersIsRefusedAndLeftAsItIs(@TempDir Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertFails(
        FailureKind.DENIED,
        "is open to others (rwxr-xr-x)",
        () -> SocketFile.prepare(folder.resolve("cri.sock")));

    assertThat(permissions(folder)).isEqualTo("rwxr-xr-x");
  }

  private static void assertFails(FailureKind kind, String text, Callable<SocketFile> step) {
    assertThatThrownBy(step::call)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessageContaining(text);
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
