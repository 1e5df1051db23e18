package dev.beagle.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
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
  void eachKindOfProcessHasACacheOfItsOwn() throws IOException {
    for (String name : List.of("node.aot", "switch.aot", "machine.aot")) {
      Files.createFile(folder.resolve(name));
    }
    Installation installation =
        new Installation(Path.of("/jdk/bin/java"), "/lib/node-agent.jar", Optional.of(folder));

    assertThat(installation.nodeCache()).contains(folder.resolve("node.aot"));
    assertThat(installation.switchCache()).contains(folder.resolve("switch.aot"));
    assertThat(installation.machineCache()).contains(folder.resolve("machine.aot"));
  }

  @Test
  void aCacheThatTheBuildDidNotMakeIsLeftOut() {
    Installation installation =
        new Installation(Path.of("/jdk/bin/java"), "/lib/node-agent.jar", Optional.of(folder));

    assertThat(installation.switchCache()).isEmpty();
    assertThat(installation.machineCache()).isEmpty();
  }

  @Test
  void classFoldersAreTheClassPathOfThisTest() {
    assertThat(Installation.current().folder()).isEmpty();
    assertThat(Installation.current().classPath()).isNotEmpty();
    assertThat(Installation.current().java()).isExecutable();
  }

  @Test
  void oneJarIsAnInstalledVersionAndNamedByItsAbsolutePath() throws IOException {
    Path jar = Files.createFile(Files.createDirectory(folder.resolve("lib")).resolve("node.jar"));
    Path relative = Path.of("").toAbsolutePath().relativize(jar.toAbsolutePath());

    Installation installation = Installation.of(Path.of("/jdk/bin/java"), relative.toString());

    assertThat(Path.of(installation.classPath())).isAbsolute().hasSameBinaryContentAs(jar);
    assertThat(installation.folder().orElseThrow().toRealPath()).isEqualTo(folder.toRealPath());
  }

  @Test
  void aJarThatIsGoneIsRefusedByName() {
    String gone = folder.resolve("lib/node.jar").toString();

    assertThatThrownBy(() -> Installation.of(Path.of("/jdk/bin/java"), gone))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(gone)
        .hasMessageContaining("is not a jar that exists");
  }

  @Test
  void severalEntriesAreClassFoldersMadeAbsolute() {
    Installation installation = Installation.of(Path.of("/jdk/bin/java"), "classes:/b.jar");

    assertThat(installation.folder()).isEmpty();
    assertThat(installation.classPath()).isEqualTo(Path.of("classes").toAbsolutePath() + ":/b.jar");
  }
}
