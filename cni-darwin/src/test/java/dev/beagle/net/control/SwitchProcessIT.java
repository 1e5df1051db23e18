package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.net.control.PublishedPort.Protocol;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The switch as a process, by its sockets; no privilege needed. */
class SwitchProcessIT {
  private Path folder = Path.of("/nonexistent");
  private SwitchSettings settings = SwitchSettings.inFolder(folder);
  private final List<String> warnings = new ArrayList<>();

  static List<String> command() {
    return SwitchProcess.command(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        System.getProperty("java.class.path"),
        Optional.empty());
  }

  @BeforeEach
  void prepare() throws IOException {
    folder = Files.createTempDirectory("sw");
    settings = SwitchSettings.inFolder(folder.resolve("s"));
  }

  @AfterEach
  void stop() throws IOException {
    SwitchProcess.find(settings).ifPresent(SwitchProcessIT::kill);
    try (var files = Files.walk(folder)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  private static void kill(SwitchProcess running) {
    ProcessHandle.of(running.pid()).ifPresent(ProcessHandle::destroyForcibly);
    running.ended().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private SwitchProcess ensure() {
    return SwitchProcess.ensure(settings, command(), Time.system(), warnings::add);
  }

  @Test
  void aSecondStarterFindsTheFirstOnesSwitch() {
    SwitchProcess first = ensure();
    PortLease lease = first.client().attach("pod");
    SwitchProcess second = ensure();
    assertThat(second.pid()).isEqualTo(first.pid());
    assertThat(second.client().attach("pod")).isEqualTo(lease);
    SwitchSettings other =
        new SwitchSettings(
            settings.folder(),
            dev.beagle.net.wire.IpPrefix.parse("10.9.0.0/24"),
            1500,
            SwitchSettings.DEFAULT_RESOLVER_FILE);
    assertThatThrownBy(() -> SwitchProcess.ensure(other, command(), Time.system(), warnings::add))
        .hasMessageContaining("pod range 10.88.0.0/16");
  }

  @Test
  void itOutlivesItsStarterWithItsConnections() throws IOException {
    Process starter =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                StarterMain.class.getName(),
                settings.folder().toString())
            .start();
    long pid =
        Long.parseLong(
            new String(starter.getInputStream().readNBytes(1), StandardCharsets.US_ASCII)
                + starter.inputReader(StandardCharsets.US_ASCII).readLine());
    PortLease lease = new SwitchClient(settings).attach("pod");
    try (SocketChannel port = dial()) {
      assertThat(exchange(port, "PORT 1 pod " + lease.token() + "\n")).isEqualTo("OK\n");
      starter.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();

      SwitchProcess adopted = ensure();

      assertThat(adopted.pid()).isEqualTo(pid);
      assertThat(adopted.client().list().getFirst().connected()).isTrue();
    }
  }

  @Test
  void afterAKillTheSuccessorHasThePortsAndListensAgain() throws IOException {
    SwitchProcess first = ensure();
    PortLease lease = first.client().attach("pod");
    PublishedPort published = new PublishedPort(Protocol.TCP, "127.0.0.1", freePort(), 80);
    first.client().publish("pod", published);
    kill(first);

    SwitchProcess successor = ensure();

    assertThat(successor.pid()).isNotEqualTo(first.pid());
    assertThat(successor.client().attach("pod")).isEqualTo(lease);
    assertThat(successor.client().list().getFirst().published()).containsExactly(published);
    assertThatThrownBy(() -> listen(published.hostPort())).isInstanceOf(IOException.class);
    successor.client().detach("pod");
    successor.client().detach("pod");
    listen(published.hostPort());
  }

  private static void signal(SwitchProcess running, String name) throws IOException {
    new ProcessBuilder("kill", "-" + name, Long.toString(running.pid()))
        .inheritIO()
        .start()
        .onExit()
        .orTimeout(10, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void aHungSwitchIsKilledByWhoStartsAndItsSuccessorHasThePorts() throws IOException {
    SwitchProcess first = ensure();
    PortLease lease = first.client().attach("pod");
    signal(first, "STOP");

    SwitchProcess successor = ensure();

    assertThat(first.isAlive()).isFalse();
    assertThat(successor.client().attach("pod")).isEqualTo(lease);
    assertThat(warnings)
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("process " + first.pid(), "killed");
  }

  @Test
  void aHungSwitchThatCannotBeProvedToBeOursIsNamedAndLeftAlone() throws IOException {
    SwitchProcess first = ensure();
    signal(first, "STOP");
    // A process of that id, but not of that time.
    Files.writeString(settings.lockFile(), first.pid() + " 1\n");
    try {
      assertThatThrownBy(this::ensure)
          .isInstanceOf(Failure.class)
          .hasMessageContaining(settings.lockFile().toString());
      assertThat(first.isAlive()).isTrue();
    } finally {
      signal(first, "CONT");
    }
  }

  @Test
  void oneWhoseSocketIsGoneHasASuccessor() throws IOException {
    SwitchProcess first = ensure();
    PortLease lease = first.client().attach("pod");
    Files.delete(settings.controlSocket());

    SwitchProcess successor = ensure();

    assertThat(first.isAlive()).isFalse();
    assertThat(successor.client().attach("pod")).isEqualTo(lease);
    assertThat(warnings).singleElement().asString().contains("has not answered");
  }

  @Test
  void whoWaitsForItsEndKillsItWhenItHangs() throws IOException {
    SwitchProcess first = ensure();
    signal(first, "STOP");
    assertThat(first.awaitEnd(Duration.ofMillis(10), Time.system(), () -> false, warnings::add))
        .isTrue();
    assertThat(warnings).singleElement(InstanceOfAssertFactories.STRING).contains("killed");
  }

  @Test
  void aSwitchThatAnswersIsWaitedForUntilItIsEnough() {
    SwitchProcess first = ensure();
    AtomicInteger probes = new AtomicInteger();
    boolean ended =
        first.awaitEnd(
            Duration.ofMillis(1),
            Time.system(),
            () -> probes.incrementAndGet() > 20,
            warnings::add);
    assertThat(ended).isFalse();
    assertThat(warnings).isEmpty();
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void whatASwitchWroteBeforeItEndedIsKeptForWhoAsksWhy() throws IOException {
    kill(ensure());
    Files.writeString(settings.logFile(), "java.lang.Error: the reason\n");
    kill(ensure());
    assertThat(settings.previousLogFile()).content().contains("the reason");
    ensure();
    assertThat(settings.previousLogFile()).content().contains("the reason");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void listen(int port) throws IOException {
    new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1")).close();
  }

  @Test
  void conflictsOfPublishedPortsNameWhoHasThem() throws IOException {
    SwitchClient client = ensure().client();
    client.attach("a");
    client.attach("b");
    PublishedPort port = new PublishedPort(Protocol.TCP, "127.0.0.1", freePort(), 80);
    client.publish("a", port);
    client.publish("a", port);
    assertThatThrownBy(() -> client.publish("b", port))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.detail()).contains(new FailureDetail.HeldBy("a"));
              assertThat(failure.reason()).endsWith(port.hostPort() + "/tcp is taken");
            });
    client.publish("b", new PublishedPort(Protocol.UDP, "127.0.0.1", port.hostPort(), 80));
    try (ServerSocket foreign = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      PublishedPort taken =
          new PublishedPort(Protocol.TCP, "127.0.0.1", foreign.getLocalPort(), 80);
      assertThatThrownBy(() -> client.publish("a", taken))
          .hasMessageContaining("in use by another program");
    }
    assertThatThrownBy(() -> client.publish("missing", port))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.reason()).contains("missing not found"));
    client.unpublish("a", port);
    client.publish("b", port);
    client.retain(Set.of("a"));
    assertThat(client.list()).singleElement().extracting(PortState::name).isEqualTo("a");
    client.publish("a", port);
  }

  @Test
  void aPortProvesItselfAndANewerConnectionReplacesTheOlder() throws IOException {
    SwitchClient client = ensure().client();
    PortLease lease = client.attach("pod");
    assertThat(hello("PORT 1 pod 00000000000000000000000000000000\n")).startsWith("ERROR port pod");
    assertThat(hello("PORT 2 pod " + lease.token() + "\n")).isEqualTo("ERROR version 2 is not 1\n");
    assertThat(hello("PORT 1 other " + lease.token() + "\n")).contains("other not found");
    assertThat(hello("x".repeat(2000))).startsWith("ERROR");
    String line = "PORT 1 pod " + lease.token() + "\n";
    try (SocketChannel older = dial();
        SocketChannel newer = dial()) {
      assertThat(exchange(older, line)).isEqualTo("OK\n");
      assertThat(exchange(newer, line)).isEqualTo("OK\n");
      assertThat(older.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(client.list().getFirst().connected()).isTrue();
    }
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(client.list().getFirst().connected()).isFalse());
  }

  @Test
  void hostileBytesOnEitherSocketCostTheirConnectionOnly() throws IOException {
    SwitchProcess running = ensure();
    PortLease lease = running.client().attach("pod");
    Random random = new Random(5);
    for (int round = 0; round < 50; round++) {
      try (SocketChannel port = dial();
          SocketChannel control = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        exchange(port, "PORT 1 pod " + lease.token() + "\n");
        ByteBuffer junk = ByteBuffer.allocate(70_000);
        random.nextBytes(junk.array());
        junk.putInt(0, 26 + random.nextInt(2000));
        writeAll(port, junk);
        control.connect(UnixDomainSocketAddress.of(settings.controlSocket()));
        random.nextBytes(junk.array());
        writeAll(control, junk.clear());
      }
    }
    assertThat(running.isAlive()).isTrue();
    assertThat(running.client().status().numbers()).containsEntry("defects", 0L);
  }

  private static void writeAll(SocketChannel channel, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException hungUp) {
      assertThat(hungUp).hasMessageMatching("(?i).*(broken pipe|reset|closed).*");
    }
  }

  private SocketChannel dial() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(settings.portSocket()));
    return channel;
  }

  private String hello(String line) throws IOException {
    try (SocketChannel channel = dial()) {
      return exchange(channel, line);
    }
  }

  private static String exchange(SocketChannel channel, String line) throws IOException {
    channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    ByteBuffer answer = ByteBuffer.allocate(1000);
    while (answer.position() == 0 || answer.get(answer.position() - 1) != '\n') {
      if (channel.read(answer) < 0) {
        break;
      }
    }
    return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
  }

  @Test
  void shutdownEndsItAndTakesItsSocketsAway() {
    SwitchProcess running = ensure();
    running.client().shutdown();
    running.ended().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(settings.controlSocket()).doesNotExist();
    assertThat(settings.portSocket()).doesNotExist();
    assertThat(SwitchProcess.find(settings)).isEmpty();
  }

  @Test
  void aSwitchThatDoesNotStartSaysWhy() {
    List<String> wrong =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", "/", "X");
    assertThatThrownBy(() -> SwitchProcess.ensure(settings, wrong, Time.system(), warnings::add))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("the switch does not start")
        .hasMessageContaining("X");
  }
}
