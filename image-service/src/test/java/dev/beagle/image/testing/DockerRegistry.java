package dev.beagle.image.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Debian's docker-registry on a free port of loopback, with skopeo to fill it. */
public final class DockerRegistry implements AutoCloseable {
  private final Process process;
  private final String host;

  private DockerRegistry(Process process, String host) {
    this.process = process;
    this.host = host;
  }

  /** Whether the programs are installed. */
  public static boolean isInstalled() {
    return Files.isExecutable(Path.of("/usr/bin/docker-registry"))
        && Files.isExecutable(Path.of("/usr/bin/skopeo"));
  }

  /**
   * @param folder for its files
   */
  public static DockerRegistry start(Path folder) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path config =
        Files.writeString(
            folder.resolve("registry.yml"),
            """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: %s}}
            http: {addr: "127.0.0.1:%d"}
            """
                .formatted(folder.resolve("registry"), port));
    Process process =
        new ProcessBuilder("/usr/bin/docker-registry", "serve", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("registry.log").toFile())
            .start();
    DockerRegistry registry = new DockerRegistry(process, "127.0.0.1:" + port);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> registry.answers(port));
    return registry;
  }

  private boolean answers(int port) {
    if (!process.isAlive()) {
      throw new IllegalStateException("docker-registry ended at once");
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Host and port. */
  public String host() {
    return host;
  }

  /** Runs skopeo with plain HTTP allowed towards registries. */
  public static void skopeo(List<String> arguments, Path folder)
      throws IOException, InterruptedException {
    Path log = folder.resolve("skopeo.log");
    Process skopeo =
        new ProcessBuilder(
                Stream.concat(Stream.of("skopeo", "--insecure-policy"), arguments.stream())
                    .toList())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!skopeo.waitFor(2, TimeUnit.MINUTES) || skopeo.exitValue() != 0) {
      skopeo.destroyForcibly();
      throw new IOException("skopeo " + arguments + ": " + Files.readString(log));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
