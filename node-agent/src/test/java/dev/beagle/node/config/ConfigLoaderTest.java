package dev.beagle.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.NodeConfig.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  @TempDir Path folder;

  private static Host host(String os, boolean root) {
    return new Host(
        new HostPlatform(os, "amd64"),
        root ? "root" : "ann",
        root,
        Path.of("/home/ann"),
        Path.of("/here"),
        Path.of("/tmp"),
        Path.of("/jdk"),
        Map.of());
  }

  private NodeConfig load(String yaml) throws IOException {
    Path file = folder.resolve("beagle.yaml");
    Files.writeString(file, yaml);
    return new ConfigLoader(host("Linux", true))
        .load(Optional.of(file), Optional.empty(), Optional.empty());
  }

  @Test
  void everyKeyHasItsDefault() {
    NodeConfig config =
        new ConfigLoader(host("Linux", true))
            .load(Optional.empty(), Optional.empty(), Optional.empty());

    assertThat(config.root()).isEqualTo(Path.of("/var/lib/beagle"));
    assertThat(config.run()).isEqualTo(Path.of("/run/beagle"));
    assertThat(config.criSocket()).isEqualTo(Path.of("/run/beagle/cri.sock"));
    assertThat(config.sandbox().defaultKind()).isEmpty();
    assertThat(config.sandbox().ociRuntime()).isEqualTo("crun");
    assertThat(config.sandbox().guestImage()).isEmpty();
    assertThat(config.sandbox().hypervisorLibrary()).isEmpty();
    assertThat(config.network().podCidr()).isEqualTo("10.88.0.0/16");
    assertThat(config.network().hostInterface()).isTrue();
    assertThat(config.registry().configPath()).isEmpty();
    assertThat(config.images().maxLayerBytes()).isEqualTo(64L << 30);
    assertThat(config.log().level()).isEqualTo(LogLevel.INFO);
  }

  @Test
  void everyKeyCanBeSet() throws IOException {
    NodeConfig config =
        load(
            """
            root: /data/beagle
            run: /run/b
            sandbox:
              default: namespaces
              ociRuntime: /usr/sbin/runc
              guestImage: /opt/guest
              hypervisorLibrary: /opt/libhvsim.so
            network:
              podCidr: 10.9.0.0/24
              hostInterface: false
            registry:
              configPath: /etc/certs.d
            images:
              maxLayerBytes: 512MiB
            log:
              level: debug
            """);

    assertThat(config.root()).isEqualTo(Path.of("/data/beagle"));
    assertThat(config.run()).isEqualTo(Path.of("/run/b"));
    assertThat(config.sandbox().defaultKind()).isEqualTo("namespaces");
    assertThat(config.sandbox().ociRuntime()).isEqualTo("/usr/sbin/runc");
    assertThat(config.sandbox().guestImage()).contains(Path.of("/opt/guest"));
    assertThat(config.sandbox().hypervisorLibrary()).contains(Path.of("/opt/libhvsim.so"));
    assertThat(config.network().podCidr()).isEqualTo("10.9.0.0/24");
    assertThat(config.network().hostInterface()).isFalse();
    assertThat(config.registry().configPath()).contains(Path.of("/etc/certs.d"));
    assertThat(config.images().maxLayerBytes()).isEqualTo(512L << 20);
    assertThat(config.log().level()).isEqualTo(LogLevel.DEBUG);
  }

  @Test
  void foldersOfTheCommandLineWinOverTheFileAndMayBeRelative() throws IOException {
    Path file = folder.resolve("beagle.yaml");
    Files.writeString(file, "root: /data\nrun: /run/b\n");

    NodeConfig config =
        new ConfigLoader(host("Linux", true))
            .load(Optional.of(file), Optional.of(Path.of("r")), Optional.of(Path.of("../x")));

    assertThat(config.root()).isEqualTo(Path.of("/here/r"));
    assertThat(config.run()).isEqualTo(Path.of("/x"));
  }

  @Test
  void foldersOfAMacLieInTheHomeFolder() {
    NodeConfig config =
        new ConfigLoader(host("Mac OS X", false))
            .load(Optional.empty(), Optional.empty(), Optional.empty());

    assertThat(config.root()).isEqualTo(Path.of("/home/ann/Library/Application Support/beagle"));
    assertThat(config.run()).isEqualTo(Path.of("/home/ann/.beagle/run"));
    assertThat(config.network().hostInterface()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "# nothing\n", "network:\n", "---\n"})
  void anEmptyFileSetsNothing(String yaml) throws IOException {
    assertThat(load(yaml).network().podCidr()).isEqualTo("10.88.0.0/16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "\"log:\n  levle: info\"|line 2: log.levle: no such key; did you mean log.level?",
        "\"rot: /x\"|line 1: rot: no such key; did you mean root?",
        "\"netwrk:\n  podCidr: 10.0.0.0/8\"|line 1: netwrk: no such key",
        "\"log:\n  level: loud\"|line 2: log.level: \"loud\" must be error, warn, info or debug",
        "\"root: data\"|line 1: root: \"data\" must be an absolute path",
        "\"network:\n\n  podCidr: 10.1.0.0/8\"|line 3: network.podCidr: \"10.1.0.0/8\" must be an IPv4",
        "\"network:\n  hostInterface: maybe\"|must be true or false",
        "\"images:\n  maxLayerBytes: -1\"|must be a number of bytes above 0",
        "\"images:\n  maxLayerBytes: 9999999999GiB\"|must be a number of bytes above 0",
        "\"log: info\"|line 1: log: is a section",
        "\"root:\n  path: /x\"|line 1: root: takes a value, not a section",
        "\"root: [/x]\"|line 1: root: a list is not expected here",
        "\"- a\"|expected keys and values",
        "\"root: /a\n---\nroot: /b\"|one document expected",
        "\"root: 'x\"|not YAML",
      })
  void whatIsWrongIsNamedWithItsLine(String yaml, String expected) {
    assertThatThrownBy(() -> load(yaml))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT);
              assertThat(failure.reason()).startsWith(folder + "/beagle.yaml, line ");
              assertThat(failure.reason()).contains(expected);
              assertThat(failure.reason().lines()).hasSize(1);
            });
  }

  @Test
  void aKeySetTwiceIsAnError() {
    assertThatThrownBy(() -> load("root: /a\nroot: /b\n"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("line 2");
  }

  @Test
  void aRunFolderTooLongForSocketsIsRefused() {
    Path tooLong = Path.of("/" + "x".repeat(100));

    assertThatThrownBy(() ->
            new ConfigLoader(host("Linux", true))
                .load(Optional.empty(), Optional.empty(), Optional.of(tooLong)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("has 101 bytes")
        .hasMessageContaining("--run");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() ->
            new ConfigLoader(host("Linux", true))
                .load(Optional.of(folder.resolve("none.yaml")), Optional.empty(), Optional.empty()))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("none.yaml not found");
  }

  @Test
  void aHugeFileIsRefused() throws IOException {
    Path file = folder.resolve("huge.yaml");
    Files.write(file, new byte[(1 << 20) + 1]);

    assertThatThrownBy(() ->
            new ConfigLoader(host("Linux", true))
                .load(Optional.of(file), Optional.empty(), Optional.empty()))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("larger than 1 MiB");
  }
}
