package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.beagle.net.control.PublishedPort.Protocol;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The switch process with pods of the real Linux kernel, and a machine outside to talk to. */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KernelIT {
  private static final int PODS = 20;
  private static final String SERVER =
      "import http.server as h, socketserver as s, sys, os; os.chdir(sys.argv[2]);"
          + " s.ThreadingTCPServer.request_queue_size=128;"
          + " s.ThreadingTCPServer.allow_reuse_address=True; H=h.SimpleHTTPRequestHandler;"
          + " H.log_message=lambda *a: None; H.do_PUT=lambda r: (r.send_response(200),"
          + " r.send_header('Content-Length','0'),"
          + " open('up-'+str(r.client_address[1]),'wb').write(r.rfile.read(int(r.headers['Content-Length']))),"
          + " r.end_headers(), r.wfile.write(b''));"
          + " w=s.ThreadingTCPServer(('0.0.0.0',int(sys.argv[1])),H); w.serve_forever()";
  private static final String DNS_SERVER =
      "import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('192.0.2.2',53)); print(flush=True)\n"
          + "while 1:\n"
          + " q,a=s.recvfrom(4096); n=q.index(b'\\0',12)+5;"
          + " s.sendto(q[:2]+b'\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0'+q[12:n]+b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x0a\\x09\\x08\\x07'"
          + " if q[n-4:n]==b'\\0\\1\\0\\1' else"
          + " q[:2]+b'\\x81\\x80\\0\\1\\0\\0\\0\\0\\0\\0'+q[12:n],a)";

  private Path folder = Path.of("/nonexistent");
  private SwitchSettings settings = SwitchSettings.inFolder(folder);
  private @Nullable KernelPods started;
  private SwitchClient client;
  private byte[] content = new byte[0];

  @BeforeAll
  void start() throws IOException, InterruptedException {
    assumeTrue(KernelPods.canRun(), "needs root, /dev/net/tun and ip");
    for (String tool : List.of("cc", "curl", "ping", "python3")) {
      assumeTrue(KernelPods.installed(tool), tool + " is not installed");
    }
    folder = Files.createTempDirectory("swk");
    Path resolvers = Files.writeString(folder.resolve("resolv.conf"), "nameserver 192.0.2.2\n");
    settings =
        new SwitchSettings(folder.resolve("s"), SwitchSettings.DEFAULT_POD_RANGE, 1500, resolvers);
    content = new byte[20 << 20];
    new Random(1).nextBytes(content);
    Files.createDirectory(folder.resolve("www"));
    Files.write(folder.resolve("www/blob"), content);
    started = new KernelPods(folder);
    startSwitch();
    client = new SwitchClient(settings);
    for (String name : List.of("a", "b", "host")) {
      pods().join(client.attach(name), settings.portSocket());
    }
    serve("out", 8000);
    serve("a", 80);
    serve("host", 9000);
    Process resolver = pods().start("out", "python3", "-c", DNS_SERVER);
    assertThat(resolver.getInputStream().read()).as("its line once it is bound").isEqualTo('\n');
  }

  private KernelPods pods() {
    return java.util.Objects.requireNonNull(started);
  }

  private void startSwitch() {
    List<String> command = pods().in("host", SwitchProcessIT.command());
    SwitchProcess.ensure(settings, command, Time.system(), System.err::println);
  }

  private void serve(String namespace, int port) throws IOException {
    Path www = folder.resolve("www");
    pods().start(namespace, "python3", "-c", SERVER, Integer.toString(port), www.toString());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> curl(namespace, "http://127.0.0.1:" + port + "/").code() == 0);
  }

  @AfterAll
  void stop() throws IOException {
    SwitchProcess.find(settings).ifPresent(running -> end(running.pid()));
    KernelPods running = started;
    if (running != null) {
      running.close();
    }
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
  }

  private static void end(long pid) {
    ProcessHandle.of(pid)
        .ifPresent(handle -> {
          handle.destroyForcibly();
          handle.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        });
  }

  private KernelPods.Result curl(String from, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "-o", "/dev/null", "-m", "20"));
    command.addAll(List.of(arguments));
    return pods().run(from, command.toArray(String[]::new));
  }

  private void fetches(String from, String url) throws IOException, InterruptedException {
    Path copy = Files.createTempFile(folder, "copy", "");
    KernelPods.Result result =
        pods().run(from, "curl", "-sS", "-m", "50", "-o", copy.toString(), url);
    assertThat(result.out()).isEmpty();
    assertThat(Files.mismatch(copy, folder.resolve("www/blob"))).isEqualTo(-1);
  }

  @Test
  void bytesComeAndGoThroughTheGateway() throws IOException, InterruptedException {
    fetches("a", "http://192.0.2.2:8000/blob");
    KernelPods.Result put =
        curl("a", "-T", folder.resolve("www/blob").toString(), "http://192.0.2.2:8000/up");
    assertThat(put.code()).as(put.out()).isZero();
    try (var files = Files.newDirectoryStream(folder.resolve("www"), "up-*")) {
      Path uploaded = files.iterator().next();
      assertThat(Files.mismatch(uploaded, folder.resolve("www/blob"))).isEqualTo(-1);
    }
  }

  @Test
  void refusedAndUnreachableAreToldRatherThanTimedOut() throws IOException, InterruptedException {
    assertThat(connect("a", "192.0.2.2", 1)).isEqualTo("ECONNREFUSED");
    assertThat(connect("a", "198.51.100.1", 80)).isIn("ENETUNREACH", "EHOSTUNREACH");
  }

  /**
   * Connects and waits for bytes or the end; the name of the error that came. A connection that was
   * made and then reset gives {@code ECONNRESET} even when the reset comes before the program has
   * seen that it is connected, which curl's exit status cannot tell from a refusal.
   */
  private String connect(String from, String address, int port)
      throws IOException, InterruptedException {
    String ask =
        """
        import errno, socket, sys
        try:
            s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
            print('read', s.recv(99))
        except socket.timeout:
            print('timeout')
        except OSError as e:
            print(errno.errorcode[e.errno])
        """;
    return pods().run(from, "python3", "-c", ask, address, Integer.toString(port)).out().strip();
  }

  @Test
  void theGatewayAnswersEchoAlsoABigOne() throws IOException, InterruptedException {
    KernelPods.Result ping =
        pods().run("a", "ping", "-c", "2", "-s", "4000", "-W", "2", "10.88.0.1");
    assertThat(ping.out()).contains(" 0% packet loss");
  }

  @Test
  void namesAreResolvedByTheHostsResolver() throws IOException, InterruptedException {
    String ask =
        "import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(10);"
            + "s.sendto(b'\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\1a\\4test\\0\\0\\1\\0\\1',('10.88.0.1',53));r=s.recv(999);"
            + " print(r[:2].hex(), socket.inet_ntoa(r[-4:]))";
    assertThat(pods().run("a", "python3", "-c", ask).out().strip()).isEqualTo("1234 10.9.8.7");
  }

  @Test
  void podsAndTheHostReachPodsAndPodsDoNotReachTheHostsPort()
      throws IOException, InterruptedException {
    fetches("b", "http://10.88.0.4/blob");
    fetches("host", "http://10.88.0.4/blob");
    assertThat(pods().run("host", "ping", "-c", "1", "-W", "2", "10.88.0.4").code()).isZero();
    assertThat(curl("a", "-m", "2", "http://10.88.0.2:9000/").code()).isEqualTo(28);
    assertThat(pods().run("a", "ping", "-c", "1", "-W", "1", "10.88.0.2").code()).isEqualTo(1);
    assertThat(curl("a", "http://192.0.2.1:9000/").code()).isZero();
  }

  @Test
  void aHostPortLeadsIntoThePodAlsoAfterTheSwitchWasKilled()
      throws IOException, InterruptedException {
    client.publish("a", new PublishedPort(Protocol.TCP, "", 8080, 80));
    client.publish("a", new PublishedPort(Protocol.TCP, "192.0.2.1", 8081, 81));
    fetches("out", "http://192.0.2.1:8080/blob");
    fetches("host", "http://127.0.0.1:8080/blob");
    // The switch has accepted before the pod refuses.
    assertThat(connect("out", "192.0.2.1", 8081)).isEqualTo("ECONNRESET");
    assertThat(connect("host", "127.0.0.1", 8081)).isEqualTo("ECONNREFUSED");

    end(client.status().pid());
    startSwitch();

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> client.list().stream().allMatch(PortState::connected));
    fetches("out", "http://192.0.2.1:8080/blob");
    fetches("a", "http://192.0.2.2:8000/blob");
  }

  @Test
  void aUdpHostPortLeadsIntoThePodAndBack() throws IOException, InterruptedException {
    String echo =
        """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(('0.0.0.0', 5353))
        while 1:
            d, a = s.recvfrom(9999)
            s.sendto((a[0] + ' ' + str(len(d))).encode(), a)
        """;
    pods().start("b", "python3", "-c", echo);
    client.publish("b", new PublishedPort(Protocol.UDP, "", 5300, 5353));
    assertThat(askUdp("out", "192.0.2.1")).isEqualTo("192.0.2.2 4000");
    assertThat(askUdp("host", "127.0.0.1")).isEqualTo("10.88.0.1 4000");
  }

  /** Sends 4000 bytes until there is an answer. */
  private String askUdp(String from, String address) throws IOException, InterruptedException {
    String ask =
        """
        import socket, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(0.5)
        for i in range(20):
            try:
                s.sendto(b'x' * 4000, (sys.argv[1], 5300))
                print(s.recv(99).decode())
                break
            except socket.timeout:
                pass
        """;
    return pods().run(from, "python3", "-c", ask, address).out().strip();
  }

  @Test
  void twentyPodsAtOnceFetchAndAreTakenAway() throws IOException, InterruptedException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      names.add("n" + i);
      pods().join(client.attach("n" + i), settings.portSocket());
    }
    List<Process> fetching = new ArrayList<>();
    for (String name : names) {
      String script = "curl -sS -m 50 http://192.0.2.2:8000/blob | cmp - " + folder + "/www/blob";
      fetching.add(pods().start(name, "sh", "-c", script));
    }
    for (Process each : fetching) {
      assertThat(each.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(each.exitValue()).isZero();
    }
    client.retain(java.util.Set.of("a", "b"));
    assertThat(client.list()).extracting(PortState::name).containsExactly("a", "b", "host");
    assertThat(client.status().numbers()).containsEntry("defects", 0L);
  }
}
