package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.registry.Credentials.UserPassword;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which endpoints may see a caller's credentials. */
class OfferedCredentialsTest {
  private static final String MIRRORS =
      """
      server = "https://upstream.test"
      [host."https://mirror.test"]
      [host."http://clear.test"]
      [host."https://reg.test"]
      [host."http://reg.test"]
      [host."https://upstream.test/again"]
      """;

  @TempDir Path root;

  private List<String> shownTo(String registry, String server) {
    var offered = new OfferedCredentials(Optional.of(new UserPassword("a", "b", server)), registry);
    return new RegistryHosts(Optional.of(root))
        .endpoints(registry).stream()
            .filter(endpoint -> offered.to(endpoint).isPresent())
            .map(endpoint -> endpoint.base().toString())
            .toList();
  }

  private void write(String folder, String toml) throws IOException {
    Files.writeString(Files.createDirectories(root.resolve(folder)).resolve("hosts.toml"), toml);
  }

  @Test
  void theRegistryItselfAndItsServerSeeThemAndMirrorsDoNot() throws IOException {
    write("reg.test", MIRRORS);
    for (String server : List.of("", "reg.test", "https://REG.test/v2/")) {
      assertThat(shownTo("reg.test", server))
          .containsExactly(
              "https://reg.test/v2", "https://upstream.test/again/v2", "https://upstream.test/v2");
    }
  }

  @Test
  void aNamedServerSeesThemAndTheRegistryDoesNot() throws IOException {
    write("reg.test", MIRRORS);
    assertThat(shownTo("reg.test", "https://mirror.test/"))
        .containsExactly("https://mirror.test/v2");
    assertThat(shownTo("reg.test", "other.test")).isEmpty();
  }

  @Test
  void nobodySeesThemInTheClearButThisMachine() throws IOException {
    write("reg.test", "server = \"http://reg.test:5000\"");
    assertThat(shownTo("reg.test", "")).isEmpty();
    assertThat(shownTo("reg.test", "reg.test:5000")).isEmpty();
    write("127.0.0.1:5000", "server = \"http://127.0.0.1:5000\"");
    assertThat(shownTo("127.0.0.1:5000", "")).containsExactly("http://127.0.0.1:5000/v2");
    assertThat(shownTo("localhost:5000", "")).containsExactly("http://localhost:5000/v2");
    assertThat(shownTo("[::1]:5000", "")).containsExactly("http://[::1]:5000/v2");
  }

  @Test
  void theServerOfTheFileForAllRegistriesIsNobodysOwn() throws IOException {
    write("_default", "server = \"https://cache.test\"\n[host.\"https://mirror.test\"]\n");
    assertThat(shownTo("reg.test", "")).isEmpty();
    assertThat(shownTo("cache.test", "")).containsExactly("https://cache.test/v2");
  }

  @Test
  void dockerHubIsKnownByItsNames() {
    for (String server : List.of("", "docker.io", "https://index.docker.io/v1/")) {
      assertThat(shownTo("docker.io", server)).containsExactly("https://registry-1.docker.io/v2");
    }
  }
}
