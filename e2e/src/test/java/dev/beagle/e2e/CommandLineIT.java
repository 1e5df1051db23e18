package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Our own command line on a node, beside the real crictl. */
final class CommandLineIT extends NodeIT {
  @BeforeEach
  void onlyOurs() {
    org.junit.jupiter.api.Assumptions.assumeFalse(
        node().prepared().peer(), "the peer has no such command line");
  }

  /** crictl, which removes the pods of other tests, does not see the command line's. */
  @AfterEach
  void removePods() {
    for (JsonNode pod : Prepared.JSON.readTree(beagle("ps", "-a", "-o", "json").ok())) {
      beagle("rm", "-f", pod.path("podId").asString()).ok();
    }
  }

  private List<String> command(String verb, String... arguments) {
    return node().beagle(verb, arguments);
  }

  private Command.Result beagle(String verb, String... arguments) {
    return Command.run(command(verb, arguments));
  }

  /** On a terminal of its own, with a size. */
  private Command.Result onTerminal(String before, List<String> command) {
    String line = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    return Command.run(
        List.of("script", "-qec", before + "; " + line, "/dev/null"), Command.LIMIT, "");
  }

  @Test
  void aProgramThatTheImageLacksIsNamedWithIt() {
    Command.Result result =
        Command.run(
            command("run", "--rm", "--entrypoint", "/nope", Crictl.BUSYBOX), Command.LIMIT, "");

    assertThat(result.exit()).isEqualTo(127);
    assertThat(result.err()).contains("image " + Crictl.BUSYBOX + " has no program /nope");
    assertThat(beagle("ps", "-a").ok().lines()).hasSize(1);
  }

  @Test
  void runPassesStandardInputOnToItsEnd() {
    String input = "0123456789abcdef".repeat(64 * 1024);

    Command.Result result =
        Command.run(command("run", "-i", "--rm", Crictl.BUSYBOX, "md5sum"), Command.LIMIT, input);

    assertThat(result.ok()).startsWith(Checks.md5(input));
    assertThat(beagle("ps", "-a").ok().lines()).hasSize(1);
  }

  @Test
  void runWithInputKeepsTheOutputsApartAndPassesTheStatusOn() {
    Command.Result result =
        beagle("run", "-i", "--rm", Crictl.BUSYBOX, "sh", "-c", "echo out; echo err >&2; exit 7");

    assertThat(result.out()).isEqualTo("out\n");
    assertThat(result.err()).isEqualTo("err\n");
    assertThat(result.exit()).isEqualTo(7);
    assertThat(beagle("run", "-i", Crictl.BUSYBOX, "no-such-program").exit()).isEqualTo(127);
    assertThat(beagle("ps", "-a").ok().lines()).hasSize(1);
  }

  /** The first thing that the program writes, and the size that it is started with. */
  @Test
  void runOnATerminalLosesNothingAndPassesTheStatusOn() {
    for (int round = 0; round < 5; round++) {
      Command.Result result =
          onTerminal(
              "stty rows 33 cols 99",
              command("run", "-it", "--rm", Crictl.BUSYBOX, "sh", "-c", "stty size; tty; exit 5"));

      // script(1) types a NUL when its own input has ended, and the terminal echoes that.
      assertThat(result.out().replace("^@", "")).startsWith("33 99\r\n").contains("/dev/pts/");
      assertThat(result.exit()).isEqualTo(5);
    }
  }

  @Test
  void runOnATerminalIsRefusedWithoutOne() {
    Command.Result result =
        Command.run(
            Stream.concat(
                    Stream.of("setsid", "--wait"),
                    command("run", "-it", Crictl.BUSYBOX, "sh").stream())
                .toList());

    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("-t needs a terminal");
    assertThat(beagle("ps", "-a").ok().lines()).hasSize(1);
  }

  @Test
  void itsPodsAreItsOwnAndItSeesAll() {
    Crictl.Pod other = crictl().runPod(Config.pod(node(), "other"));
    beagle("run", "-d", "--name", "ours", Crictl.BUSYBOX, "sleep", "1000").ok();

    assertThat(crictl().json("pods", "-o", "json").path("items").valueStream())
        .extracting(pod -> pod.path("id").asString())
        .containsExactly(other.id());
    assertThat(crictl().json("ps", "-a", "-o", "json").path("containers").size()).isZero();
    assertThat(beagle("ps", "-a").ok()).contains("ours").contains("other");
    assertThat(beagle("exec", "ours", "echo", "seen").ok()).isEqualTo("seen");
    assertThat(beagle("rm", "-f", "ours", "nothing", "other").exit()).isEqualTo(3);
    assertThat(crictl().json("pods", "-o", "json").path("items").size()).isZero();
  }

  @Test
  void aTakenHostPortIsSaidWithTheOtherPodsName() {
    beagle("run", "-d", "--name", "first", "-p", "18090:80", Crictl.BUSYBOX, "sleep", "1000").ok();

    assertThat(beagle("run", "-d", "-p", "18090:80", Crictl.BUSYBOX, "sleep", "1000").failure())
        .contains("18090", "taken by pod default/first", "choose another port");
  }

  @Test
  void aPullSaysEachLayerOnceAndOnATerminalShowsABar() {
    Command.Result plain = beagle("pull", Crictl.FOUR_LAYERS);
    assertThat(plain.ok()).startsWith("sha256:");
    assertThat(plain.err().lines().filter(line -> line.contains("is here")))
        .hasSize(4)
        .last()
        .asString()
        .endsWith("4 of 4");
    beagle("rmi", Crictl.FOUR_LAYERS).ok();

    String seen = onTerminal("stty cols 40", command("pull", Crictl.FOUR_LAYERS)).out();
    assertThat(seen).contains("%").contains("[=").doesNotContain("is here").contains("pulled ");
    beagle("rmi", Crictl.FOUR_LAYERS).ok();
  }
}
