package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.reference.Repository;
import dev.beagle.image.testing.ConnectProxy;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TestAuthority;
import dev.beagle.image.testing.TestImage;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real handshakes with what hosts.toml says, and tunnels through proxies. */
@Timeout(120)
class TlsRegistryTest {
  @TempDir static Path authorities;
  private static TestAuthority authority;
  private static TestAuthority stranger;
  private static SSLContext server;
  private static Path client;

  @TempDir Path configPath;
  private final TestImage image = TestImage.of(TestImage.noise(1, 5000));
  private SimulatedRegistry registry;

  @BeforeAll
  static void certify() throws Exception {
    authority = TestAuthority.create(authorities, "authority");
    stranger = TestAuthority.create(authorities, "stranger");
    server = authority.server("server", "dns:localhost,dns:registry.test");
    client = authority.client("client");
  }

  @BeforeEach
  void start() {
    registry = SimulatedRegistry.withTls(server, false).push("app", "1", image);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  private void certifiedClientsOnly() {
    registry.close();
    registry = SimulatedRegistry.withTls(server, true).push("app", "1", image);
  }

  private String host() {
    return "localhost:" + registry.port();
  }

  /** The hosts.toml of the registry, which is the server itself. */
  private void hosts(String host, String toml) throws IOException {
    Path folder = Files.createDirectories(configPath.resolve(host));
    Files.writeString(
        folder.resolve("hosts.toml"), "server = \"https://%s\"\n%s\n".formatted(host, toml));
  }

  private ManifestAddress resolve(String host, ProxySettings proxies) {
    RegistrySettings settings =
        new RegistrySettings(
            Optional.of(configPath),
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            3,
            Duration.ofSeconds(1),
            proxies);
    try (RegistrySession session =
        RegistrySession.open(
            new Repository(host, "app"), settings, Optional.empty(), new ManualTime())) {
      return session.resolve(Reference.parse(host + "/app:1"));
    }
  }

  private void assertResolves() {
    assertThat(resolve(host(), ProxySettings.NONE).digest()).isEqualTo(image.digest());
  }

  private Failure refusal(String host, ProxySettings proxies) {
    Failure failure = catchThrowableOfType(Failure.class, () -> resolve(host, proxies));
    assertThat(failure).as("failure").isNotNull();
    assertThat(failure.reason()).contains(host);
    return failure;
  }

  @Test
  void aConfiguredAuthorityIsTrusted() throws IOException {
    hosts(host(), "ca = \"%s\"".formatted(authority.certificate()));
    assertResolves();
  }

  @Test
  void anotherAuthorityIsNotAndTheRefusalNamesHostReasonAndWayOut() throws IOException {
    hosts(host(), "ca = \"%s\"".formatted(stranger.certificate()));
    Failure failure = refusal(host(), ProxySettings.NONE);
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(failure.reason()).contains("TLS", "no trusted authority", "ca in hosts.toml");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void aCertificateForAnotherNameIsRefused() throws IOException {
    String address = "127.0.0.1:" + registry.port();
    hosts(address, "ca = \"%s\"".formatted(authority.certificate()));
    assertThat(refusal(address, ProxySettings.NONE).reason()).contains("TLS", "127.0.0.1");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void skippedVerificationTakesAnyCertificate() throws IOException {
    hosts(host(), "skip_verify = true");
    assertResolves();
  }

  @Test
  void aClientCertificateIsShown() throws IOException {
    certifiedClientsOnly();
    hosts(host(), "ca = \"%s\"\nclient = \"%s\"".formatted(authority.certificate(), client));
    assertResolves();
  }

  @Test
  void aClientWithoutItsCertificateIsToldThatTlsFailed() throws IOException {
    certifiedClientsOnly();
    hosts(host(), "ca = \"%s\"".formatted(authority.certificate()));
    assertThat(refusal(host(), ProxySettings.NONE).kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void overriddenPathAndHeadersAreSentByTls() throws IOException {
    Path folder = Files.createDirectories(configPath.resolve("upstream.test"));
    Files.writeString(
        folder.resolve("hosts.toml"),
        """
        [host."https://%s/mirror"]
          capabilities = ["pull", "resolve"]
          ca = "%s"
          override_path = true
          [host."https://%s/mirror".header]
            X-Team = ["blue"]
        """
            .formatted(host(), authority.certificate(), host()));
    registry.on(
        "HEAD /mirror/app/manifests/1",
        exchange -> {
          exchange.getResponseHeaders().set("Docker-Content-Digest", image.digest().toString());
          SimulatedRegistry.send(exchange, 200, image.manifestType(), image.manifest());
        });
    assertThat(resolve("upstream.test", ProxySettings.NONE).digest()).isEqualTo(image.digest());
    assertThat(registry.requests()).hasSize(1);
    assertThat(registry.requests().getFirst().header("X-Team")).isEqualTo("blue");
    assertThat(registry.requests().getFirst().query()).isEqualTo("ns=upstream.test");
  }

  @Test
  void aRegistryIsReachedThroughTheTunnelOfAProxyThatAloneSeesItsPassword() throws IOException {
    hosts("registry.test", "ca = \"%s\"".formatted(authority.certificate()));
    try (ConnectProxy proxy =
        new ConnectProxy(registry.port(), TokenExchange.basic("ann", "secret"))) {
      ProxySettings proxies =
          ProxySettings.of("", "http://ann:secret@127.0.0.1:" + proxy.port(), "");
      assertThat(resolve("registry.test", proxies).digest()).isEqualTo(image.digest());
      assertThat(proxy.heads()).isNotEmpty();
      assertThat(proxy.heads())
          .allMatch(head -> head.getFirst().startsWith("CONNECT registry.test:443 "));
      assertThat(registry.requests())
          .isNotEmpty()
          .allMatch(request -> request.header("Proxy-Authorization").isEmpty());
    }
  }

  @Test
  void aProxyThatWantsCredentialsIsNamed() throws IOException {
    hosts("registry.test", "ca = \"%s\"".formatted(authority.certificate()));
    try (ConnectProxy proxy =
        new ConnectProxy(registry.port(), TokenExchange.basic("ann", "secret"))) {
      ProxySettings proxies =
          ProxySettings.of("", "http://ann:wrong@127.0.0.1:" + proxy.port(), "");
      Failure failure = refusal("registry.test", proxies);
      assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
      assertThat(failure.reason()).contains("proxy", "407").doesNotContain("wrong");
    }
  }

  @Test
  void aProxyThatIsNotThereIsNamedWithoutItsPassword() throws IOException {
    hosts("registry.test", "ca = \"%s\"".formatted(authority.certificate()));
    int port;
    try (ConnectProxy gone = new ConnectProxy(registry.port(), "")) {
      port = gone.port();
    }
    ProxySettings proxies = ProxySettings.of("", "http://ann:secret@127.0.0.1:" + port, "");
    Failure failure = refusal("registry.test", proxies);
    assertThat(failure.reason())
        .contains("through the proxy 127.0.0.1:" + port, "connection refused")
        .doesNotContain("secret");
  }

  @Test
  void whatIsExceptedIsReachedDirectly() throws IOException {
    hosts(host(), "ca = \"%s\"".formatted(authority.certificate()));
    try (ConnectProxy proxy = new ConnectProxy(registry.port(), "")) {
      ProxySettings proxies = ProxySettings.of("", "http://127.0.0.1:" + proxy.port(), "");
      assertThat(resolve(host(), proxies).digest()).isEqualTo(image.digest());
      assertThat(proxy.heads()).isEmpty();
    }
  }

  @Test
  void plainHttpGoesThroughItsProxyInAbsoluteForm() throws IOException {
    Path folder = Files.createDirectories(configPath.resolve("plain.test"));
    Files.writeString(folder.resolve("hosts.toml"), "server = \"http://plain.test\"\n");
    try (SimulatedRegistry plain = new SimulatedRegistry().push("app", "1", image);
        ConnectProxy proxy = new ConnectProxy(plain.port(), TokenExchange.basic("ann", "secret"))) {
      ProxySettings proxies =
          ProxySettings.of("http://ann:secret@127.0.0.1:" + proxy.port(), "", "");
      assertThat(resolve("plain.test", proxies).digest()).isEqualTo(image.digest());
      assertThat(proxy.heads().getFirst().getFirst())
          .startsWith("HEAD http://plain.test/v2/app/manifests/1");
    }
  }
}
