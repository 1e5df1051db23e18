package dev.beagle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.host.HostPlatform;
import dev.beagle.node.LauncherTree.Outcome;
import java.io.IOException;
import java.nio.file.Path;
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
  private LauncherTree scripts;
  private Path tree;

  @BeforeEach
  void makeTree() throws IOException {
    assumeThat(HostPlatform.current().linux()).isTrue();
    assumeThat(Path.of("/usr/aarch64-linux-gnu/lib/libc.a")).exists();
    scripts = new LauncherTree(temporary, JAVA);
    tree = scripts.root;
    LauncherTree.executable(tree.resolve("runtime-darwin/hv-sim/prepare.sh"), PREPARE);
    libraryEnds("0");
    guestImageEnds("0");
    scripts.tool("id", "#!/bin/bash\necho 0\n");
    scripts.tool("apt-get", "#!/bin/bash\nexit 1\n");
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
      scripts.tool(tool, "#!/bin/bash\n");
    }
    installed(tree.resolve(".build/dist/version"));
  }

  /** A version that is built already, so that no build comes before what is tested. */
  private void installed(Path version) throws IOException {
    LauncherTree.write(version.resolve("lib/node-agent-0.1.0.jar"), "");
    LauncherTree.write(version.resolve("machine.aot"), "trained");
    LauncherTree.write(version.resolve("complete"), version.toRealPath() + "\n");
    LauncherTree.write(tree.resolve(".build/current"), "version\n");
    LauncherTree.write(tree.resolve(".build/java-home"), scripts.jdk + "\n");
    LauncherTree.write(tree.resolve(".build/stamp"), "");
  }

  private void libraryEnds(String status) throws IOException {
    LauncherTree.write(tree.resolve("runtime-darwin/status"), status);
  }

  private void guestImageEnds(String status) throws IOException {
    LauncherTree.write(scripts.jdk.resolve("bin/guest-status"), status);
  }

  private Outcome demo(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("demo", "--sandbox", "hvf"));
    all.addAll(List.of(arguments));
    return LauncherTree.outcome(scripts.start(scripts.launcher(), all.toArray(String[]::new)));
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
    guestImageEnds("1");
    Outcome outcome = demo();

    assertThat(outcome.status()).isEqualTo(7);
    assertThat(outcome.output())
        .contains("the guest image cannot be made", "BEAGLE_DEBIAN_ARCHIVE=URL")
        .doesNotContain("dev.beagle.node.Main");
  }

  @Test
  void whatIsInterruptedHasNotFailed() throws IOException, InterruptedException {
    guestImageEnds("130");
    Outcome guest = demo();
    libraryEnds("143");
    Outcome library = demo();

    assertThat(List.of(guest.status(), library.status())).containsExactly(130, 130);
    assertThat(guest.output() + library.output())
        .doesNotContain("cannot be made", "dev.beagle.node.Main");
    assertThat(library.output()).doesNotContain("made-guest");
  }
}
