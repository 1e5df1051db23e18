package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A node of the test's own: a daemon that can be killed and started again over the same folders.
 */
final class Node implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Prepared prepared;
  private final Path base;
  private final Path log;
  private @Nullable Process daemon;

  private Node(Prepared prepared, Path base) {
    this.prepared = prepared;
    this.base = base;
    this.log = base.resolve("daemon.log");
  }

  static Node make(Prepared prepared) {
    return make(prepared, "");
  }

  /**
   * Makes the folders; nothing runs yet. The path is short: sockets have to fit.
   *
   * @param more lines of the daemon's configuration
   */
  static Node make(Prepared prepared, String more) {
    try {
      // Files.createTempDirectory adds nineteen digits. Of all that is named so
      // src/test/sh/bin/java
      // removes what is left when a run is ended in the middle.
      Path base =
          Files.createDirectory(
              Path.of(
                  "/var/tmp/be-%s-%s"
                      .formatted(
                          System.getenv("BEAGLE_TEST_RUN"),
                          Long.toString(System.nanoTime() & 0xffff_ffffL, 36))));
      for (String name : List.of("root", "hosts", "logs")) {
        Files.createDirectory(base.resolve(name));
      }
      Node node = new Node(prepared, base);
      if (prepared.peer()) {
        Path network = Files.createDirectory(base.resolve("cni")).resolve("10-e2e.conflist");
        Files.writeString(network, Peer.network(prepared, base));
      }
      Files.writeString(node.config(), node.configuration() + more);
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String configuration() throws IOException {
    if (prepared.peer()) {
      return Peer.configuration(prepared, base, hosts());
    }
    return """
    registry:
      configPath: %s
    """
        .formatted(hosts());
  }

  Prepared prepared() {
    return prepared;
  }

  Path base() {
    return base;
  }

  Path root() {
    return base.resolve("root");
  }

  Path runFolder() {
    return base.resolve("run");
  }

  Path hosts() {
    return base.resolve("hosts");
  }

  Path logs() {
    return base.resolve("logs");
  }

  Path socket() {
    return runFolder().resolve("cri.sock");
  }

  private Path config() {
    return base.resolve(prepared.peer() ? "config.toml" : "config.yaml");
  }

  Crictl crictl() {
    return new Crictl(prepared, socket(), base);
  }

  /** The daemon's command on this node's folders. */
  List<String> command(String... more) {
    List<String> command = new ArrayList<>();
    if (prepared.peer()) {
      command.addAll(List.of(prepared.get("peer"), "--config", config().toString()));
    } else {
      command.addAll(List.of(prepared.get("beagle"), "daemon"));
      command.addAll(List.of("--root", root().toString(), "--run", runFolder().toString()));
      command.addAll(List.of("--config", config().toString()));
    }
    command.addAll(List.of(more));
    return command;
  }

  /** A command of our own command line on this node. */
  List<String> beagle(String verb, String... more) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(prepared.get("beagle"), verb, "--run", runFolder().toString()));
    command.addAll(List.of(more));
    return command;
  }

  /**
   * Starts the daemon and waits until it is ready; what it says goes to a file that outlives it.
   */
  Node start(String... more) {
    assertThat(running()).as("daemon already running").isFalse();
    try {
      long before = Files.exists(log) ? Files.size(log) : 0;
      ProcessBuilder builder =
          new ProcessBuilder(command(more))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      if (prepared.peer()) {
        Peer.path(builder.environment(), prepared);
      }
      Process started = builder.start();
      daemon = started;
      awaitReady(started, before);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  private void awaitReady(Process started, long from) {
    try {
      await("the daemon's ready line")
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> ready(started, from));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("the daemon is not ready, it said last:\n" + lastWords(said()), e);
    }
  }

  private boolean ready(Process started, long from) throws IOException {
    byte[] text = Files.readAllBytes(log);
    String said =
        new String(
            text, (int) from, (int) (text.length - from), java.nio.charset.StandardCharsets.UTF_8);
    if (!started.isAlive()) {
      throw new IllegalStateException(
          "the daemon ended with " + started.exitValue() + ":\n" + lastWords(said));
    }
    return prepared.peer()
        ? Files.exists(socket()) && crictl().call("info").exit() == 0
        : said.lines().anyMatch(line -> line.contains("ready"));
  }

  boolean running() {
    return daemon != null && daemon.isAlive();
  }

  long pid() {
    return process().pid();
  }

  private Process process() {
    if (daemon == null) {
      throw new IllegalStateException("the daemon was not started");
    }
    return daemon;
  }

  /** {@code kill -9}: nothing in the daemon gets to run any more. */
  void kill() {
    process().destroyForcibly().onExit().join();
  }

  /** SIGTERM; returns the exit code. */
  int terminate() {
    Process process = process();
    process.destroy();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("daemon ends after SIGTERM").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    return process.exitValue();
  }

  private static String lastWords(String said) {
    List<String> lines = said.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  /** What the daemon said so far. */
  String said() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends whatever is left of the node, by force, and removes its folders. */
  @Override
  public void close() {
    if (daemon != null) {
      daemon.destroyForcibly().onExit().join();
    }
    Leftovers.end(base);
    Folders.delete(base);
  }
}
