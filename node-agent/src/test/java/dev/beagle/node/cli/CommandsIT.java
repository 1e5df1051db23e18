package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.Host;
import dev.beagle.node.config.Installation;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The commands against a daemon in memory, over a real socket. */
class CommandsIT {
  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private SimulatedCri daemon;

  @BeforeEach
  void start() throws IOException {
    daemon = new SimulatedCri(folder.resolve("cri.sock"));
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  private int beagle(String... arguments) {
    return beagleInto(out, Map.of(), arguments);
  }

  private int beagleInto(OutputStream target, Map<String, String> terminal, String... arguments) {
    out.reset();
    err.reset();
    Map<String, String> environment = new HashMap<>(terminal);
    environment.put("BEAGLE_RUN", folder.toString());
    environment.put("GREETING", "hello");
    Host host =
        new Host(
            new HostPlatform("Linux", "amd64"),
            "ann",
            false,
            folder,
            folder,
            folder,
            Path.of("/jdk"),
            environment);
    Console console =
        Console.of(target, new PrintStream(err, true, StandardCharsets.UTF_8), host.environment());
    Installation installation = new Installation(Path.of("/no/java"), "none.jar", Optional.empty());
    NodeStarter starter =
        (_, _) -> {
          throw Failure.unsupported("no daemon in this test");
        };
    return new Cli(new CliContext(console, host, installation, Time.system(), starter))
        .execute(arguments);
  }

  @Test
  void theConsoleOfAMachineIsShownAndAnotherPodHasNone() throws IOException {
    beagle("run", "-d", "--name", "web", "nginx");
    assertThat(beagle("console", "web")).isEqualTo(3);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("pod web has no console");
    String id = daemon.pods().keySet().iterator().next();
    Path console = folder.resolve("vms").resolve(id.substring(0, 12)).resolve("console.log");
    Files.createDirectories(console.getParent());
    Files.writeString(console, "[    0.000000] Booting Linux\n");
    assertThat(beagle("console", "web")).isZero();
    assertThat(out).hasToString("[    0.000000] Booting Linux\n");
    assertThat(beagle("console", "nobody")).isEqualTo(3);
  }

  @Test
  void aDetachedPodIsListedStoppedAndRemoved() throws IOException {
    assertThat(beagle("run", "-d", "--name", "web", "-p", "8080:80", "nginx:1")).isZero();
    assertThat(out).hasToString("web\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("pulled nginx:1 (12.3 MB) in ");

    assertThat(beagle("ps")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines().toList().getLast())
        .contains("web", "nginx:1", "running", "10.88.0.9");

    assertThat(beagle("rm", "web")).isEqualTo(4);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("pod web runs; stop it first");

    assertThat(beagle("stop", "web")).isZero();
    assertThat(beagle("ps")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    assertThat(beagle("ps", "-a")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("exited");

    assertThat(beagle("rm", "web")).isZero();
    assertThat(daemon.pods()).isEmpty();
    assertThat(folder.resolve("logs")).doesNotExist();
  }

  @Test
  void aForegroundRunShowsTheOutputAndPassesTheStatusOn() {
    assertThat(beagle("run", "--rm", "busybox", "echo", "hello", "-p")).isZero();
    assertThat(out).hasToString("hello -p\n");
    assertThat(daemon.pods()).isEmpty();

    assertThat(beagle("run", "--name", "kept", "busybox", "exit", "42")).isEqualTo(42);
    assertThat(daemon.pods()).hasSize(1);
    assertThat(beagle("run", "--name", "kept", "busybox", "exit", "0")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("pod kept exists");
  }

  @Test
  void aPodWhoseProgramDiedDoesNotLookWell() {
    assertThat(beagle("run", "--name", "broken", "busybox", "exit", "1")).isEqualTo(1);

    assertThat(beagle("ps")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines().toList().getLast())
        .contains("broken", "busybox", "exited (1)")
        .doesNotContain("ready");
    assertThat(beagle("ps", "-o", "json")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "\"state\" : \"exited\"",
            "\"exitCode\" : 1",
            "\"reason\" : \"Error\"",
            "\"finishedAt\" : \"1970-01-01T00:00:01Z\"");
  }

  @Test
  void aNarrowTerminalIsToldWhatItDoesNotShow() {
    beagle("run", "-d", "--name", "web", "nginx");

    assertThat(beagleInto(out, Map.of("BEAGLE_TERMINALS", "1", "COLUMNS", "48"), "ps")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .endsWith("(ID, IMAGE left out: narrow terminal; -o json has all)\n");
    assertThat(beagleInto(out, Map.of("COLUMNS", "48"), "ps")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("IMAGE").doesNotContain("left out");
  }

  @Test
  void aWrongKindIsNamedAsItWasTyped() {
    assertThat(beagle("run", "--kind", "foo", "nginx")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .endsWith("beagle: --sandbox foo: no such kind; what runs here: namespaces\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("pulled");
    assertThat(daemon.pods()).isEmpty();
  }

  @Test
  void whatCannotBeRemovedKeepsNothingElse() {
    beagle("run", "-d", "--name", "a", "nginx");
    beagle("run", "-d", "--name", "b", "nginx");

    assertThat(beagle("rm", "-f", "a", "nothere", "b")).isEqualTo(3);
    assertThat(out).hasToString("a\nb\n");
    assertThat(err).hasToString("beagle: pod nothere not found (beagle ps -a shows all)\n");
    assertThat(daemon.pods()).isEmpty();
  }

  @Test
  void whatCannotBeStoppedOrIsNoImageKeepsNothingElse() {
    beagle("run", "-d", "--name", "a", "nginx");
    beagle("run", "-d", "--name", "b", "nginx:2");

    assertThat(beagle("stop", "a", "nothere", "b")).isEqualTo(3);
    assertThat(out).hasToString("a\nb\n");
    assertThat(err).hasToString("beagle: pod nothere not found (beagle ps -a shows all)\n");
    assertThat(daemon.pods().values())
        .allMatch(pod -> pod.state() == PodSandboxState.SANDBOX_NOTREADY);

    assertThat(beagle("rmi", "nginx", "nothere", "nginx:2")).isEqualTo(3);
    assertThat(out).hasToString("nginx\nnginx:2\n");
    assertThat(err).hasToString("beagle: image nothere not found (beagle images shows all)\n");
  }

  @Test
  void aPullSaysWhichLayersHaveCome() {
    daemon.tellPulls();

    assertThat(beagle("pull", "alpine:3")).isZero();

    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("sha256:");
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .startsWith(
            "beagle: layer 010101010101 (3.0 MB) is here, 2 of 3",
            "beagle: layer 020202020202 (1.0 MB) is here, 3 of 3")
        .hasSize(3);
    assertThat(beagle("pull", "wrong/name")).isEqualTo(3);
    assertThat(err).hasToString("beagle: image wrong/name not found\n");
  }

  @Test
  void onATerminalAPullIsOneLineThatMovesAndGoes() {
    daemon.tellPulls();
    Map<String, String> terminal = Map.of("BEAGLE_TERMINALS", "12", "COLUMNS", "60");

    assertThat(beagleInto(out, terminal, "pull", "alpine:3")).isZero();

    assertThat(err.toString(StandardCharsets.UTF_8))
        .doesNotContain("is here")
        .contains("\r\u001b[Kbeagle: pulled alpine:3 (12.3 MB) in ");
  }

  @Test
  void aProgramThatIsNotThereIs127AndLeavesNoPod() {
    assertThat(beagle("run", "--name", "s2", "busybox", "missing")).isEqualTo(127);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .endsWith(
            "beagle: pod s2: image busybox has no program missing; nothing was left behind\n");
    assertThat(daemon.pods()).isEmpty();
  }

  @Test
  void execPassesOutputAndStatusOn() {
    beagle("run", "-d", "--name", "web", "nginx", "serve");

    assertThat(beagle("exec", "web", "ls", "-l", "/")).isEqualTo(3);
    assertThat(out).hasToString("ls -l /\n");
    assertThat(beagle("exec", "web/web", "missing")).isEqualTo(127);
    assertThat(err)
        .hasToString("beagle: container web/web: its image nginx has no program missing\n");
    assertThat(beagle("exec", "nothing", "ls")).isEqualTo(125);
  }

  @ParameterizedTest
  @CsvSource({
    "No space left on device,ps,1",
    "No space left on device,--help,1",
    "No space left on device,run,125",
    "Broken pipe,ps,0"
  })
  void outputThatGetsLostIsAFailureUnlessTheReaderLeft(String reason, String verb, int status) {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            throw new IOException(reason);
          }
        };
    String[] line = verb.equals("run") ? new String[] {"run", "-d", "i"} : new String[] {verb};

    assertThat(beagleInto(full, Map.of(), line)).isEqualTo(status);
    assertThat(
            err.toString(StandardCharsets.UTF_8).lines().filter(said -> !said.contains("pulled")))
        .containsExactlyElementsOf(
            status == 0 ? List.of() : List.of("beagle: standard output cannot be written"));
  }

  @Test
  void logsShowWhatWasWritten() {
    beagle("run", "--name", "once", "busybox", "echo", "some", "words");

    assertThat(beagle("logs", "once")).isZero();
    assertThat(out).hasToString("some words\n");
    assertThat(beagle("logs", "-t", "-f", "once")).isZero();
    assertThat(out).hasToString("2026-01-02T03:04:05Z some words\n");
  }

  @Test
  void imagesArePulledListedAndRemoved() {
    assertThat(beagle("pull", "alpine:3")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("sha256:");
    assertThat(beagle("images")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("alpine:3", "12.3 MB");
    assertThat(beagle("images", "-o", "json")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("\"sizeBytes\" : 12345678");
    assertThat(beagle("rmi", "alpine:3")).isZero();
    assertThat(beagle("rmi", "alpine:3")).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wrong/name|3|image wrong/name not found",
        "down.example/x|7|down.example: refused",
        "beagle.local/web|3|image beagle.local/web not found: this program carries beagle.local/web:0.1.0"
      })
  void aFailedPullSaysWhatAndWhy(String image, int status, String reason) {
    assertThat(beagle("pull", image)).isEqualTo(status);
    assertThat(err).hasToString("beagle: " + reason + "\n");
  }

  @Test
  void statusSaysWhatIsNotWell() {
    assertThat(beagle("status")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("beagle 9.9.9", "RuntimeReady yes", "NetworkReady no: SwitchDown the switch");
  }

  @Test
  void statusSaysWhatSomebodyShouldLookAt() {
    daemon.problems = "[{\"reason\":\"DiskFull\",\"message\":\"/x has 3 MiB free\"}]";

    assertThat(beagle("status")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("\nDiskFull: /x has 3 MiB free\n");
    out.reset();
    beagle("status", "-o", "json");
    var shown = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
    assertThat(shown.at("/problems/0/reason").asString()).isEqualTo("DiskFull");
  }

  @Test
  void statusCountsWhatDoesNotRun() {
    beagle("run", "-d", "--name", "a", "nginx");
    beagle("status");
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("\n1 pod, 1 container\n");

    beagle("run", "-d", "--name", "b", "nginx");
    beagle("stop", "b");
    beagle("run", "--name", "c", "busybox", "exit", "1");
    beagle("status");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("\n3 pods (1 not ready), 3 containers (2 exited)\n");
  }

  @Test
  void whatAMicroVmCannotMountIsRefusedBeforeItBoots() {
    daemon.kinds = "{\"hvf\":\"usable\",\"namespaces\":\"usable\"}";
    daemon.architecture = "arm64";

    assertThat(beagle("run", "-v", "/etc:/data", "nginx")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("mount of /etc at /data", "read-only so far", ":ro behind the -v");
    assertThat(daemon.pods()).isEmpty();
    assertThat(beagle("run", "-d", "-v", "/etc:/data:ro", "nginx")).isZero();
  }

  @Test
  void anImageThatWasPulledForAnotherKindIsPulledAnew() {
    beagle("pull", "nginx");
    daemon.kinds = "{\"hvf\":\"usable\",\"namespaces\":\"usable\"}";
    assertThat(beagle("run", "-d", "nginx")).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("pulled nginx");

    daemon.architecture = "arm64";
    assertThat(beagle("run", "-d", "nginx")).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("pulled");
    int before = daemon.pods().size();
    assertThat(beagle("run", "-d", "--sandbox", "namespaces", "nginx")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("image nginx is for arm64, which pods of kind namespaces do not run");
    assertThat(daemon.pods()).hasSize(before);
  }

  @Test
  void aKindThatCannotRunHereIsRefusedWithTheReason() {
    daemon.kinds = "{\"namespaces\":\"usable\",\"hvf\":\"there is no guest image\"}";

    assertThat(beagle("run", "--sandbox", "hvf", "nginx")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "beagle: --sandbox hvf: cannot run here: there is no guest image; what runs here:"
                + " namespaces\n");
  }

  @Test
  void podsThatEndedByThemselvesAreShownWithWhy() {
    beagle("run", "-d", "--name", "a", "nginx");
    beagle("run", "-d", "--name", "b", "nginx");
    beagle("stop", "b");
    daemon.end("a", "the sandbox's machine ended: Kernel panic");

    beagle("status");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("2 pods (2 not ready)")
        .contains("\npod a ended: the sandbox's machine ended: Kernel panic\n")
        .doesNotContain("pod b ended");
    beagle("status", "-o", "json");
    var shown = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
    assertThat(shown.path("ended")).hasSize(1);
    assertThat(shown.at("/ended/0/pod").asString()).isEqualTo("a");

    beagle("ps", "-a", "-o", "json");
    var lines = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
    assertThat(lines)
        .extracting(line -> line.path("pod").asString() + ": " + line.path("message").asString())
        .containsExactlyInAnyOrder("a: the sandbox's machine ended: Kernel panic", "b: stopped");
    assertThat(lines).allMatch(line -> line.path("kind").asString().equals("namespaces"));
  }

  @Test
  void whyAContainerDoesNotRunIsSaidToWhoWantsToExecInIt() {
    beagle("run", "--name", "c", "busybox", "exit", "3");
    assertThat(beagle("exec", "c", "true")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("container c does not run: it ended with exit code 3");
  }

  @Test
  void anEmptyNameIsNotLookedUp() {
    assertThat(beagle("console", "")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("the name of a pod is wanted");
  }

  @Test
  void withoutADaemonTheWayOutIsNamed() {
    assertThat(beagle("ps", "--run", folder.resolve("elsewhere").toString())).isEqualTo(7);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no daemon at " + folder + "/elsewhere/cri.sock", "beagle daemon", "--run");
  }

  @ParameterizedTest
  @MethodSource("wrongLines")
  void aWrongLineIsOneLineAndStatus(int status, String expected, String[] line) {
    assertThat(beagle(line)).isEqualTo(status);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(expected);
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("\tat ", "Exception");
  }

  static Object[][] wrongLines() {
    return new Object[][] {
      {2, "no command pss; did you mean ps?", new String[] {"pss"}},
      {2, "no command kill; did you mean stop?", new String[] {"kill"}},
      {2, "no command pss; did you mean ps?", new String[] {"help", "pss"}},
      {2, "no command nowhere", new String[] {"help", "nowhere"}},
      {2, "-t -5: the time is 0 seconds or more", new String[] {"stop", "-t", "-5", "web"}},
      {2, "--tail -3: the number of lines is", new String[] {"logs", "--tail", "-3", "web"}},
      {2, "a command is expected", new String[] {}},
      {2, "--bogus", new String[] {"ps", "--bogus"}},
      {2, "Missing required parameter: 'IMAGE'", new String[] {"pull"}},
      {125, "Missing required parameter: 'IMAGE'", new String[] {"run"}},
      {125, "'COMMAND", new String[] {"exec", "web"}},
      {125, "--bogus", new String[] {"run", "--bogus", "i"}},
      {125, "expected [ADDRESS:]HOST-PORT:CONTAINER-PORT", new String[] {"run", "-p", "x", "i"}},
      {125, "a port is 1 to 65535", new String[] {"run", "-p", "0:80", "i"}},
      {125, "expected HOST-PATH:/PATH", new String[] {"run", "-v", "/tmp", "i"}},
      {125, "/none does not exist", new String[] {"run", "-v", "/none:/x", "i"}},
      {125, "--name A_b", new String[] {"run", "--name", "A_b", "i"}},
      {125, "expected KEY=VALUE", new String[] {"run", "-e", "=x", "i"}},
      {
        2,
        "suite fuzz (parsers against hostile input) is not there yet",
        new String[] {"test", "fuzz"}
      },
      {
        2,
        "--sandbox foo: no such kind; there are: namespaces, hvf",
        new String[] {"demo", "--sandbox", "foo"}
      },
      {8, "no daemon in this test", new String[] {"daemon", "--root", "r", "--run", "n"}},
    };
  }

  @Test
  void theHelpOfEveryCommandNamesItself() {
    assertThat(beagle("--help")).isZero();
    for (String verb :
        new String[] {
          "daemon", "doctor", "status", "images", "pull", "run", "ps", "logs", "exec", "stop", "rm",
          "rmi", "demo", "test", "version"
        }) {
      assertThat(out.toString(StandardCharsets.UTF_8)).contains("  " + verb);
    }
    String help = out.toString(StandardCharsets.UTF_8);
    assertThat(beagle("help")).isZero();
    assertThat(out).hasToString(help);
    assertThat(beagle("inspect", "--help")).isEqualTo(2);
    assertThat(out).hasToString("");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no command inspect; did you mean ps -o json?");
    for (String verb : new String[] {"run", "exec", "daemon"}) {
      assertThat(beagle(verb, "--help")).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8)).contains("Usage: beagle " + verb);
      beagle("--help");
    }
  }
}
