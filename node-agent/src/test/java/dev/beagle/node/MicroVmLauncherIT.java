package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./beagle demo --sandbox hvf}: what it makes before the program, which is a script here.
 */
class MicroVmLauncherIT {
  /** Says what it was called with; the guest image's program ends as the file beside it says. */
  private static final String JAVA =
      """
      #!/bin/bash
      case $* in
        *GuestImageMain*)
          echo made-guest
          exit "$(cat "$(dirname "$0")/guest-status")" ;;
      esac
      echo "java $*"
      """;

  private static final String PREPARE =
      """
      #!/bin/bash
      cd "$(dirname "$0")/.."
      echo made-library
      mkdir -p target/hv-sim
      echo library=/made/libhvsim.so > target/hv-sim/hv-sim.properties
      exit "$(cat status)"
      """;

  @TempDir Path temporary;
  private Path tree;
  private Path jdk;

  @BeforeEach
  void makeTree() throws IOException {
    assumeThat(HostPlatform.current().linux()).isTrue();
    assumeThat(Path.of("/usr/aarch64-linux-gnu/lib/libc.a")).exists();
    tree = Files.createDirectory(temporary.resolve("tree"));
    jdk = temporary.resolve("jdk");
    executable(tree.resolve("beagle"), Files.readString(Path.of("../beagle")));
    executable(tree.resolve("runtime-darwin/hv-sim/prepare.sh"), PREPARE);
    write(tree.resolve("runtime-darwin/status"), "0");
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
    write(jdk.resolve("bin/guest-status"), "0");
    executable(jdk.resolve("bin/java"), JAVA);
    executable(jdk.resolve("bin/javac"), "#!/bin/bash\n");
    executable(tools().resolve("id"), "#!/bin/bash\necho 0\n");
    executable(tools().resolve("apt-get"), "#!/bin/bash\nexit 1\n");
    for (String tool :
        List.of(
            "gcc",
            "make",
            "aarch64-linux-gnu-gcc",
            "python3",
            "pip3",
            "mke2fs",
            "crun",
            "mount",
            "setsid")) {
      executable(tools().resolve(tool), "#!/bin/bash\n");
    }
    installed(tree.resolve(".build/dist/version"));
  }

  /** A version that is built already, so that no build comes before what is tested. */
  private void installed(Path version) throws IOException {
    write(version.resolve("lib/node-agent-0.1.0.jar"), "");
    write(version.resolve("machine.aot"), "trained");
    write(version.resolve("complete"), version.toRealPath() + "\n");
    write(tree.resolve(".build/current"), "version\n");
    write(tree.resolve(".build/java-home"), jdk + "\n");
    write(tree.resolve(".build/stamp"), "");
  }

  private Path tools() {
    return temporary.resolve("tools");
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void executable(Path file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Outcome(int status, String output) {}

  private Outcome demo(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(tree.resolve("beagle").toString(), "demo", "--sandbox", "hvf"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("BEAGLE_JAVA_HOME", jdk.toString());
    builder.environment().merge("PATH", "", (path, _) -> tools() + ":" + path);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  private String guest() {
    return "--guest-image " + tree.resolve("guest-image/target/guest");
  }

  @Test
  void whatIsNotNamedIsMadeAndNamed() throws IOException, InterruptedException {
    Outcome outcome = demo();

    assertThat(outcome.status()).as(outcome.output()).isZero();
    assertThat(outcome.output())
        .contains("made-guest", "made-library", guest())
        .contains("--hypervisor-library /made/libhvsim.so");
  }

  @Test
  void whatIsNamedIsNotMade() throws IOException, InterruptedException {
    assertThat(demo("--guest-image=/mine").output())
        .contains("made-library", "--hypervisor-library /made/libhvsim.so")
        .doesNotContain("made-guest", guest());
    assertThat(demo("--hypervisor-library", "/mine.so").output())
        .contains("made-guest", guest())
        .doesNotContain("made-library", "/made/libhvsim.so");
    Outcome both = demo("--hypervisor-library", "/mine.so", "--guest-image", "/mine");
    assertThat(both.output()).doesNotContain("made-");
    assertThat(both.status()).as(both.output()).isZero();
  }

  @Test
  void aGuestImageThatCannotBeMadeEndsTheDemo() throws IOException, InterruptedException {
    write(jdk.resolve("bin/guest-status"), "1");
    Outcome outcome = demo();

    assertThat(outcome.status()).isEqualTo(7);
    assertThat(outcome.output())
        .contains("the guest image cannot be made", "BEAGLE_DEBIAN_ARCHIVE=URL")
        .doesNotContain("dev.beagle.node.Main");
  }

  @Test
  void whatIsInterruptedHasNotFailed() throws IOException, InterruptedException {
    write(jdk.resolve("bin/guest-status"), "130");
    Outcome guest = demo();
    write(tree.resolve("runtime-darwin/status"), "143");
    Outcome library = demo();

    assertThat(List.of(guest.status(), library.status())).containsExactly(130, 130);
    assertThat(guest.output() + library.output())
        .doesNotContain("cannot be made", "dev.beagle.node.Main");
    assertThat(library.output()).doesNotContain("made-guest");
  }
}
