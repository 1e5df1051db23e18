package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeOptionsTest {
  @TempDir Path temporary;

  private Host host(boolean root) {
    return new Host(
        new HostPlatform("Linux", "amd64"),
        root ? "root" : "ann",
        root,
        temporary,
        temporary,
        temporary,
        Path.of("/jdk"),
        Map.of());
  }

  @Test
  void whoForgotSudoIsToldWhoseDaemonRuns() throws IOException {
    Path own = temporary.resolve("own");
    Path roots = Files.createDirectory(temporary.resolve("roots"));

    assertThatThrownBy(() -> NodeOptions.requireNotRoots(host(false), own, roots))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.DENIED))
        .hasMessageContaining("root's daemon runs at " + roots + ": use sudo (or --run DIR)");
  }

  @Test
  void whoHasADaemonOrIsRootOrIsAloneIsLetOn() throws IOException {
    Path own = Files.createDirectory(temporary.resolve("own"));
    Path roots = temporary.resolve("roots");
    assertThatCode(() -> NodeOptions.requireNotRoots(host(false), own, roots))
        .doesNotThrowAnyException();

    Files.createDirectory(roots);
    assertThatCode(() -> NodeOptions.requireNotRoots(host(true), own, roots))
        .doesNotThrowAnyException();

    Files.createFile(own.resolve("cri.sock"));
    assertThatCode(() -> NodeOptions.requireNotRoots(host(false), own, roots))
        .doesNotThrowAnyException();
  }
}
