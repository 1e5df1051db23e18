package dev.beagle.e2e;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Debian's docker-registry on loopback, over the storage that {@code prepare.sh} filled; nothing
 * writes to it here.
 */
record Registry(Process process, int port) implements AutoCloseable {
  static final String USER = "beagle";
  static final String PASSWORD = "correct horse";

  /** {@link #PASSWORD} by bcrypt, the only kind the registry takes. */
  private static final String HTPASSWD =
      USER + ":$2y$05$DTz5iStk00DDyqMwT0Fe8.eH9lO5nISLvdJ3GGTKoGzNyqy0rBWnK";

  /**
   * Starts a registry.
   *
   * @param folder for its configuration
   * @param basicAuth whether it wants {@link #USER} and {@link #PASSWORD}
   */
  static Registry start(Prepared prepared, Path folder, int port, boolean basicAuth) {
    try {
      String configuration =
          """
          version: 0.1
          log: {level: warn}
          storage:
            filesystem: {rootdirectory: %s}
            maintenance: {readonly: {enabled: true}}
          http: {addr: "127.0.0.1:%d"}
          """
              .formatted(prepared.get("registry.storage"), port);
      if (basicAuth) {
        Path passwords = Files.writeString(folder.resolve("htpasswd"), HTPASSWD + "\n");
        configuration += "auth: {htpasswd: {realm: e2e, path: %s}}%n".formatted(passwords);
      }
      Path file = Files.writeString(folder.resolve("registry-" + port + ".yml"), configuration);
      Process process =
          new ProcessBuilder(prepared.get("registry"), "serve", file.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("registry-" + port + ".log").toFile())
              .start();
      Registry registry = new Registry(process, port);
      await("registry on port " + port).atMost(Duration.ofSeconds(20)).until(registry::answers);
      return registry;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    if (!process.isAlive()) {
      throw new IllegalStateException("the registry ended with " + process.exitValue());
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Leads a host of image names to this registry, as containerd's configuration does it. */
  void mirror(Path hosts, String host) {
    try {
      Path folder = Files.createDirectories(hosts.resolve(host));
      Files.writeString(
          folder.resolve("hosts.toml"),
          """
          server = "http://127.0.0.1:%1$d"

          [host."http://127.0.0.1:%1$d"]
            capabilities = ["pull", "resolve"]
          """
              .formatted(port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
