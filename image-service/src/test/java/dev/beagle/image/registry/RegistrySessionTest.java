package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpHandler;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.reference.Repository;
import dev.beagle.image.registry.Credentials.IdentityToken;
import dev.beagle.image.registry.Credentials.UserPassword;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.SimulatedRegistry.Request;
import dev.beagle.image.testing.TestImage;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Being let in, being sent elsewhere, being asked to wait. */
@Timeout(60)
class RegistrySessionTest {
  private static final String BASIC =
      "Basic " + Base64.getEncoder().encodeToString("ann:secret".getBytes(StandardCharsets.UTF_8));

  /** This machine by an address that does not say so: stands for a host on the network. */
  private static final String UNSURE = "[::ffff:127.0.0.1]";

  @TempDir Path configPath;
  private final ManualTime time = new ManualTime();
  private final TestImage image = TestImage.of(TestImage.noise(1, 5000));
  private SimulatedRegistry registry;
  private SimulatedRegistry elsewhere;

  @BeforeEach
  void start() {
    registry = new SimulatedRegistry().push("app", "1", image);
    elsewhere = new SimulatedRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
    elsewhere.close();
  }

  private RegistrySession open(Credentials... credentials) {
    return openFor(registry.host(), credentials);
  }

  private RegistrySession openFor(String host, Credentials... credentials) {
    RegistrySettings settings =
        new RegistrySettings(
            Optional.of(configPath),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            4,
            Duration.ofSeconds(1),
            ProxySettings.NONE);
    return RegistrySession.open(
        new Repository(host, "app"), settings, List.of(credentials).stream().findFirst(), time);
  }

  private void assertPulls(RegistrySession opened) throws IOException {
    try (RegistrySession session = opened) {
      ManifestAddress address = session.resolve(Reference.parse(registry.host() + "/app:1"));
      assertThat(address.digest()).isEqualTo(image.digest());
      assertThat(session.manifest(address.digest())).isEqualTo(image.manifest());
      try (InputStream blob = session.blob(layer())) {
        assertThat(blob.readAllBytes()).isEqualTo(image.layerBlob(0));
      }
    }
  }

  private Descriptor layer() {
    return Descriptor.of(MediaType.OCI_LAYER, image.layers().get(0), image.layerBlob(0).length);
  }

  private Failure refusal(RegistrySession opened) {
    try (RegistrySession session = opened) {
      Failure failure =
          catchThrowableOfType(
              Failure.class, () -> session.resolve(Reference.parse(registry.host() + "/app:1")));
      assertThat(failure).isNotNull();
      return failure;
    }
  }

  private void protectByToken(HttpHandler tokenServer) {
    registry.protect(
        "Bearer realm=\"http://%s/token\",service=\"reg\",scope=\"repository:app:pull\""
            .formatted(elsewhere.host()),
        "Bearer t0ken");
    elsewhere.on("GET /token", tokenServer);
    elsewhere.on("POST /token", tokenServer);
  }

  private static HttpHandler json(int status, String body) {
    return exchange ->
        SimulatedRegistry.send(
            exchange, status, "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void basicCredentialsAreShownWhenAsked() throws IOException {
    registry.protect("Basic realm=\"x\"", BASIC);
    assertPulls(open(new UserPassword("ann", "secret")));
    assertThat(registry.requests().get(0).header("Authorization")).isEmpty();
  }

  @Test
  void anonymousTokenIsFetchedOncePerSession() throws IOException {
    protectByToken(json(200, "{\"token\":\"t0ken\"}"));
    assertPulls(open());
    assertThat(elsewhere.requests()).hasSize(1);
    Request asked = elsewhere.requests().get(0);
    assertThat(asked.query()).isEqualTo("service=reg&scope=repository:app:pull");
    assertThat(asked.header("Authorization")).isEmpty();
  }

  @Test
  void userAndPasswordBuyAToken() throws IOException {
    protectByToken(json(200, "{\"access_token\":\"t0ken\"}"));
    assertPulls(open(new UserPassword("ann", "secret")));
    assertThat(elsewhere.requests().get(0).header("Authorization")).isEqualTo(BASIC);
  }

  @Test
  void tokenServerWithoutGetIsAskedByPost() throws IOException {
    protectByToken(exchange ->
        (exchange.getRequestMethod().equals("GET")
                ? json(405, "")
                : json(200, "{\"access_token\":\"t0ken\"}"))
            .handle(exchange));
    assertPulls(open(new UserPassword("ann", "se&cret")));
    assertThat(elsewhere.requests().get(1).body())
        .contains("grant_type=password", "username=ann", "password=se%26cret");
  }

  @Test
  void identityTokenIsExchangedByPost() throws IOException {
    protectByToken(json(200, "{\"access_token\":\"t0ken\"}"));
    assertPulls(open(new IdentityToken("refresh-me")));
    assertThat(elsewhere.requests().get(0).line()).isEqualTo("POST /token");
    assertThat(elsewhere.requests().get(0).body())
        .contains("grant_type=refresh_token", "refresh_token=refresh-me", "service=reg");
  }

  @Test
  void credentialsAreNotKeptForTheNextSession() throws IOException {
    registry.protect("Basic realm=\"x\"", BASIC);
    assertPulls(open(new UserPassword("ann", "secret")));
    Failure failure = refusal(open());
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAUTHENTICATED);
    assertThat(failure.reason()).contains("answered 401", "private or does not exist");
  }

  @Test
  void wrongPasswordIsUnauthenticatedAndNotRepeatedInTheMessage() {
    registry.protect("Basic realm=\"x\"", BASIC);
    Failure failure = refusal(open(new UserPassword("ann", "guess")));
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAUTHENTICATED);
    assertThat(failure.reason()).doesNotContain("guess");
    assertThat(registry.requests()).hasSize(2);
  }

  @Test
  void refusedTokenIsUnauthenticated() {
    protectByToken(json(401, "{}"));
    assertThat(refusal(open()).kind()).isEqualTo(FailureKind.UNAUTHENTICATED);
  }

  @Test
  void tokenThatWouldInjectAHeaderIsRefused() {
    protectByToken(json(200, "{\"token\":\"a\\r\\nX: y\"}"));
    assertThat(refusal(open()).reason()).contains("without a usable token");
  }

  @Test
  void realmThatIsNoWebAddressIsRefused() {
    registry.protect("Bearer realm=\"file:///etc/passwd\"", "Bearer x");
    assertThat(refusal(open()).reason()).contains("token server that cannot be used");
  }

  @Test
  void redirectToAnotherHostCarriesNoSecrets() throws IOException {
    registry.protect("Basic realm=\"x\"", BASIC);
    Path folder = Files.createDirectories(configPath.resolve(registry.host()));
    Files.writeString(
        folder.resolve("hosts.toml"),
        """
        server = "http://%s"
        [header]
        x-secret = "s3cret"
        """
            .formatted(registry.host()));
    elsewhere.pushBlob(image.layers().get(0), image.layerBlob(0));
    String path = "/v2/app/blobs/" + image.layers().get(0);
    registry.on(
        "GET " + path,
        exchange -> {
          exchange.getResponseHeaders().set("Location", "http://" + elsewhere.host() + path);
          exchange.sendResponseHeaders(307, -1);
        });
    assertPulls(open(new UserPassword("ann", "secret")));
    Request there = elsewhere.requests().get(0);
    assertThat(there.header("Authorization")).isEmpty();
    assertThat(there.header("x-secret")).isEmpty();
    assertThat(registry.requests().get(0).header("x-secret")).isEqualTo("s3cret");
  }

  @Test
  void busyRegistryIsAskedAgainAfterTheTimeItNames() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    registry.on(
        "HEAD /v2/app/manifests/1",
        exchange -> {
          if (asked.incrementAndGet() == 1) {
            exchange.getResponseHeaders().set("Retry-After", "7");
            exchange.sendResponseHeaders(429, -1);
          } else {
            exchange.getResponseHeaders().set("Docker-Content-Digest", image.digest().toString());
            SimulatedRegistry.send(exchange, 200, image.manifestType(), image.manifest());
          }
        });
    Instant before = time.now();
    assertPulls(open());
    assertThat(Duration.between(before, time.now())).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void brokenRegistryIsUnavailableAfterDoublingPauses() {
    registry.on("HEAD /v2/app/manifests/1", exchange -> exchange.sendResponseHeaders(503, -1));
    Instant before = time.now();
    Failure failure = refusal(open());
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(failure.reason()).contains("answered 503");
    assertThat(registry.requests()).hasSize(4);
    assertThat(Duration.between(before, time.now())).isEqualTo(Duration.ofSeconds(1 + 2 + 4));
  }

  @Test
  void refusedConnectionIsUnavailableAndSaysSo() throws IOException {
    String host;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      host = "127.0.0.1:" + free.getLocalPort();
    }
    Failure failure = refusal(openFor(host));
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(failure.reason())
        .contains("registry " + host + " cannot be reached: connection refused");
  }

  @Test
  void mirrorIsAskedFirstWithTheNamespaceAndTheRegistryAfterIt() throws IOException {
    Path folder =
        Files.createDirectories(configPath.resolve(registry.host().replace(":", "_") + "_"));
    Files.writeString(
        folder.resolve("hosts.toml"),
        """
        server = "http://%s"
        [host."http://%s"]
        capabilities = ["pull", "resolve"]
        """
            .formatted(registry.host(), elsewhere.host()));
    assertPulls(open());
    assertThat(elsewhere.requests().get(0).query()).isEqualTo("ns=" + registry.host());
    assertThat(registry.requests().get(0).query()).isEmpty();
    elsewhere.push("app", "1", image);
    int asked = registry.requests().size();
    assertPulls(open());
    assertThat(registry.requests()).hasSize(asked);
  }

  private void mirror(String server) throws IOException {
    Path folder = Files.createDirectories(configPath.resolve(registry.host()));
    Files.writeString(
        folder.resolve("hosts.toml"),
        "server = \"%s\"\n[host.\"http://%s\"]\n".formatted(server, elsewhere.host()));
  }

  private static List<String> shown(SimulatedRegistry to) {
    return to.requests().stream()
        .map(request -> request.header("Authorization"))
        .filter(header -> !header.isEmpty())
        .distinct()
        .toList();
  }

  @Test
  void mirrorThatAsksForThePasswordIsNotToldItAndTheRegistryIsAskedNext() throws IOException {
    mirror("http://" + registry.host());
    registry.protect("Basic realm=\"x\"", BASIC);
    elsewhere.push("app", "1", image).protect("Basic realm=\"x\"", BASIC);
    assertPulls(open(new UserPassword("ann", "secret")));
    assertThat(elsewhere.requests()).isNotEmpty();
    assertThat(shown(elsewhere)).isEmpty();
    assertThat(shown(registry)).containsExactly(BASIC);
  }

  @Test
  void mirrorThatNamesATokenServerGetsAStrangersToken() throws IOException {
    mirror("http://" + registry.host());
    String realm = "Bearer realm=\"http://%s/token\"".formatted(elsewhere.host());
    elsewhere.push("app", "1", image).protect(realm, "Bearer t0ken");
    elsewhere.on("GET /token", json(200, "{\"token\":\"t0ken\"}"));
    assertPulls(open(new UserPassword("ann", "secret")));
    assertPulls(open(new IdentityToken("refresh-me")));
    assertThat(elsewhere.count("GET /token")).isEqualTo(2);
    assertThat(shown(elsewhere)).containsExactly("Bearer t0ken");
    assertThat(elsewhere.requests()).extracting(Request::body).containsOnly("");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void mirrorThatTheCredentialsNameIsShownThemAndTheRegistryIsNot() throws IOException {
    mirror("http://" + registry.host());
    registry.protect("Basic realm=\"x\"", BASIC);
    elsewhere.push("app", "1", image).protect("Basic realm=\"x\"", BASIC);
    assertPulls(open(new UserPassword("ann", "secret", "http://" + elsewhere.host() + "/v2/")));
    assertThat(shown(elsewhere)).containsExactly(BASIC);
    elsewhere.protect("Basic realm=\"x\"", "nobody's");
    refusal(open(new UserPassword("ann", "secret", elsewhere.host())));
    assertThat(registry.requests()).isNotEmpty();
    assertThat(shown(registry)).isEmpty();
  }

  @Test
  void absentImageIsNotFoundThoughAMirrorWantedCredentials() throws IOException {
    mirror("http://" + registry.host());
    elsewhere.protect("Basic realm=\"x\"", BASIC);
    registry.on("HEAD /v2/app/manifests/1", exchange -> exchange.sendResponseHeaders(404, -1));
    assertThat(refusal(open(new UserPassword("ann", "secret"))).kind())
        .isEqualTo(FailureKind.NOT_FOUND);
  }

  @Test
  void passwordIsNotSentInTheClearButToThisMachine() throws IOException {
    registry.protect("Basic realm=\"x\"", BASIC);
    mirror("http://" + UNSURE + registry.host().replaceFirst(".*:", ":"));
    Failure failure = refusal(open(new UserPassword("ann", "secret")));
    assertThat(failure.kind()).isEqualTo(FailureKind.UNAUTHENTICATED);
    assertThat(failure.reason()).contains("reached without TLS", "hosts.toml");
    assertThat(registry.requests()).isNotEmpty();
    assertThat(shown(registry)).isEmpty();
  }

  @Test
  void passwordIsNotSentToATokenServerInTheClear() {
    String realm = "http://" + UNSURE + elsewhere.host().replaceFirst(".*:", ":") + "/token";
    registry.protect("Bearer realm=\"" + realm + "\"", "Bearer t0ken");
    elsewhere.on("GET /token", json(200, "{\"token\":\"t0ken\"}"));
    for (Credentials given :
        List.of(new UserPassword("ann", "secret"), new IdentityToken("refresh-me"))) {
      Failure failure = refusal(open(given));
      assertThat(failure.kind()).isEqualTo(FailureKind.UNAUTHENTICATED);
      assertThat(failure.reason()).contains("token server without TLS");
    }
    assertThat(elsewhere.requests()).isEmpty();
  }

  @Test
  void mirrorThatMayOnlyPullIsNotAskedForTags() throws IOException {
    Path folder = Files.createDirectories(configPath.resolve("_default"));
    Files.writeString(
        folder.resolve("hosts.toml"),
        """
        [host."http://%s"]
        capabilities = ["pull"]
        """
            .formatted(elsewhere.host()));
    elsewhere.push("app", "1", image);
    assertPulls(open());
    assertThat(elsewhere.count("HEAD")).isZero();
    assertThat(elsewhere.count("GET")).isEqualTo(2);
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void registryWithoutDigestHeaderIsResolvedByContent() throws IOException {
    registry.on(
        "HEAD /v2/app/manifests/1",
        exchange -> SimulatedRegistry.send(exchange, 200, image.manifestType(), image.manifest()));
    assertPulls(open());
  }
}
