package dev.beagle.node.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.ConfigLoader;
import dev.beagle.node.config.Host;
import dev.beagle.node.config.NodeConfig.SandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoSandboxTest {
  @TempDir Path folder;

  private SandboxConfig read(DemoSandbox sandbox) throws IOException {
    Path file = Files.writeString(folder.resolve("config.yaml"), sandbox.yaml());
    Host host =
        new Host(
            new HostPlatform("Linux", "amd64"),
            "root",
            true,
            folder,
            folder,
            folder,
            Path.of("/jdk"),
            Map.of());
    return new ConfigLoader(host)
        .load(Optional.of(file), Optional.empty(), Optional.empty())
        .sandbox();
  }

  @Test
  void theDaemonReadsWhatTheDemoWasTold() throws IOException {
    Path guest = Path.of("/it's a: #folder");
    Path library = Path.of("/lib \"x\".so");

    SandboxConfig read = read(new DemoSandbox("hvf", Optional.of(guest), Optional.of(library)));

    assertThat(read.defaultKind()).isEqualTo("hvf");
    assertThat(read.guestImage()).contains(guest);
    assertThat(read.hypervisorLibrary()).contains(library);
  }

  @Test
  void nothingIsSaidWhereNothingWasTold() {
    assertThat(new DemoSandbox("", Optional.empty(), Optional.empty()).yaml()).isEmpty();
  }
}
