package dev.beagle.runtime.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The agent's own tests, in C and Python: {@code src/main/c/Makefile} runs them. */
@Tag("root")
class GuestAgentMakeIT {
  private static final Path FOLDER = Path.of("src/main/c").toAbsolutePath();

  @BeforeEach
  void onLinux() {
    assumeThat(System.getProperty("os.name")).as("the agent is built on Linux").isEqualTo("Linux");
  }

  @Test
  void unitTestsUnderSanitizers() throws Exception {
    requireTools("gcc", "make");
    assertThat(make("test")).contains(" 0 failed");
  }

  @Test
  void theAgentWithARealRuntime() throws Exception {
    requireTools("gcc", "make", "python3", "crun", "busybox");
    assumeThat(System.getProperty("user.name")).as("the agent needs root").isEqualTo("root");
    assertThat(make("check-root")).contains("OK");
  }

  private static void requireTools(String... names) {
    for (String name : names) {
      boolean found =
          List.of("/usr/bin", "/bin", "/usr/local/bin").stream()
              .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
      assumeThat(found).as(name + " is installed").isTrue();
    }
  }

  private static String make(String target) throws IOException, InterruptedException {
    Process make =
        new ProcessBuilder("make", "-C", FOLDER.toString(), target)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(make.waitFor()).as(output).isZero();
    return output;
  }
}
