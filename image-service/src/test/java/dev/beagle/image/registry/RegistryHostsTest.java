package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.image.registry.Endpoint.Capability;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** hosts.toml as containerd reads it. */
class RegistryHostsTest {
  @TempDir Path root;

  private List<Endpoint> endpoints(String registry) {
    return new RegistryHosts(Optional.of(root)).endpoints(registry);
  }

  private Path write(String host, String toml) throws IOException {
    Path file = Files.createDirectories(root.resolve(host)).resolve("hosts.toml");
    return Files.writeString(file, toml);
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io, https://registry-1.docker.io/v2, false",
    "registry.k8s.io, https://registry.k8s.io/v2, false",
    "host:5000, https://host:5000/v2, false",
    "localhost:5000, http://localhost:5000/v2, true",
    "127.0.0.1:80, http://127.0.0.1:80/v2, false",
    "localhost, https://localhost/v2, true",
    "'[::1]:5000', 'http://[::1]:5000/v2', true",
    "127.0.0.1.example.com, https://127.0.0.1.example.com/v2, false"
  })
  void withoutAFileTheRegistryItselfIsAsked(String registry, String base, boolean skipVerify) {
    List<Endpoint> endpoints = endpoints(registry);
    assertThat(endpoints).hasSize(1);
    assertThat(endpoints.get(0).base()).isEqualTo(URI.create(base));
    assertThat(endpoints.get(0).tls().skipVerify()).isEqualTo(skipVerify);
    assertThat(endpoints.get(0).namespace()).isEmpty();
    assertThat(endpoints.get(0).capabilities()).contains(Capability.PULL, Capability.RESOLVE);
  }

  @Test
  void allKeysAreReadInTheOrderOfTheFile() throws IOException {
    write(
        "docker.io",
        """
        server = "https://upstream.test/prefix"
        ca = "/etc/ca.pem"
        [host."https://zeta.test"]
          capabilities = ["Pull"]
          ca = ["one.pem", "/two.pem"]
          client = [["cert.pem", "key.pem"], ["both.pem", ""]]
          skip_verify = true
          dial_timeout = "2s"
          [host."https://zeta.test".header]
            x-one = "1"
            x-two = ["2", "3"]
        [host."alpha.test:8443/deep/path"]
          override_path = true
        [host."http://mid.test/v2/"]
        """);
    List<Endpoint> endpoints = endpoints("docker.io");
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.base().toString())
        .containsExactly(
            "https://zeta.test/v2",
            "https://alpha.test:8443/deep/path",
            "http://mid.test/v2",
            "https://upstream.test/prefix/v2");
    Endpoint first = endpoints.get(0);
    Path folder = root.resolve("docker.io");
    assertThat(first.capabilities()).containsExactly(Capability.PULL);
    assertThat(first.tls())
        .isEqualTo(
            new TlsSettings(
                List.of(folder.resolve("one.pem"), Path.of("/two.pem")),
                List.of(
                    new TlsSettings.ClientKey(
                        folder.resolve("cert.pem"), folder.resolve("key.pem")),
                    new TlsSettings.ClientKey(
                        folder.resolve("both.pem"), folder.resolve("both.pem"))),
                true));
    assertThat(first.headers())
        .containsEntry("x-one", List.of("1"))
        .containsEntry("x-two", List.of("2", "3"));
    assertThat(endpoints).extracting(Endpoint::namespace).containsOnly("docker.io");
    assertThat(endpoints.get(3).tls().authorities()).containsExactly(Path.of("/etc/ca.pem"));
  }

  @Test
  void fileWithoutServerFallsBackToTheRegistryWithItsTls() throws IOException {
    write("host_5000_", "ca = \"mine.pem\"\n[host.\"https://mirror.test\"]\n");
    List<Endpoint> endpoints = endpoints("host:5000");
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.base().toString())
        .containsExactly("https://mirror.test/v2", "https://host:5000/v2");
    assertThat(endpoints.get(1).tls().authorities())
        .containsExactly(root.resolve("host_5000_/mine.pem"));
  }

  @Test
  void exactFolderBeatsTheDefaultOne() throws IOException {
    write("_default", "[host.\"https://mirror.test\"]\n");
    write("one.test", "server = \"https://one.test\"\n");
    assertThat(endpoints("one.test")).hasSize(1);
    assertThat(endpoints("two.test"))
        .extracting(endpoint -> endpoint.base().toString())
        .containsExactly("https://mirror.test/v2", "https://two.test/v2");
  }

  @Test
  void folderWithoutFileGivesDockersCertificates() throws IOException {
    Path folder = Files.createDirectories(root.resolve("old.test"));
    for (String name : List.of("ca.crt", "me.cert", "me.key")) {
      Files.createFile(folder.resolve(name));
    }
    TlsSettings tls = endpoints("old.test").get(0).tls();
    assertThat(tls.authorities()).containsExactly(folder.resolve("ca.crt"));
    assertThat(tls.clientKeys())
        .containsExactly(
            new TlsSettings.ClientKey(folder.resolve("me.cert"), folder.resolve("me.key")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server = 5",
        "no toml",
        "unknown = true",
        "[host.\"https://a.test\"]\ntypo = 1",
        "[host.\"https://a.test\"]\ncapabilities = [\"fly\"]",
        "[host.\"https://a.test\"]\nskip_verify = \"yes\"",
        "[host.\"https://a.test\"]\nca = 5",
        "[host.\"https://a.test\"]\nclient = 5",
        "[host.\"https://a.test\"]\nheader = {Host = \"x\"}",
        "[host.\"https://a.test\"]\nheader = {x = \"a\\nb\"}",
        "[host.\"https://a b\"]",
        "[host.\"https://user@a.test\"]",
        "host = 5"
      })
  void whatCannotBeUsedIsRefusedByFile(String toml) throws IOException {
    Path file = write("bad.test", toml);
    assertThatThrownBy(() -> endpoints("bad.test"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(file.toString());
  }
}
