package dev.beagle.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {
  @TempDir Path folder;

  @Test
  void aLeanProcessStartsWithCacheFlagsClassPathAndArguments() throws IOException {
    Files.createFile(folder.resolve("switch.aot"));
    Installation installation =
        new Installation(Path.of("/jdk/bin/java"), "/lib/node-agent.jar", Optional.of(folder));

    List<String> command =
        installation.command(
            Installation.Profile.LEAN,
            "a.Main",
            installation.switchCache(),
            List.of("-Xmx64m"),
            List.of("--run", "/r"));

    assertThat(command).startsWith("/jdk/bin/java", "-XX:AOTCache=" + folder + "/switch.aot");
    assertThat(command).contains("-XX:TieredStopAtLevel=1", "-Xmx64m");
    assertThat(command).endsWith("-cp", "/lib/node-agent.jar", "a.Main", "--run", "/r");
  }

  @Test
  void aCacheThatTheBuildDidNotMakeIsLeftOut() {
    Installation installation =
        new Installation(Path.of("/jdk/bin/java"), "/lib/node-agent.jar", Optional.of(folder));

    assertThat(installation.switchCache()).isEmpty();
  }

  @Test
  void classFoldersAreTheClassPathOfThisTest() {
    assertThat(Installation.current().folder()).isEmpty();
    assertThat(Installation.current().classPath()).isNotEmpty();
    assertThat(Installation.current().java()).isExecutable();
  }
}
