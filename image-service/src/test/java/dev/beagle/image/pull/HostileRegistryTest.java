package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType.Compression;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TestImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a registry sends, a pull ends soon, says why, and leaves nothing. */
@Timeout(60)
class HostileRegistryTest {
  @TempDir Path folder;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private SimulatedRegistry registry;
  private PullFixture node;

  @BeforeEach
  void start() {
    registry = new SimulatedRegistry();
    node = new PullFixture(folder);
    node.images().collect();
  }

  @AfterEach
  void stop() {
    stopping.countDown();
    node.close();
    registry.close();
  }

  private Failure assertRefused(FailureKind kind, String reason) {
    Failure failure =
        catchThrowableOfType(Failure.class, () -> node.pull(registry.reference("evil:1")));
    assertThat(failure).as("failure of the pull").isNotNull();
    assertThat(failure).hasMessageContaining(reason);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.reason().length()).isLessThan(1000);
    assertThat(node.images().list()).isEmpty();
    node.assertNothingLeft();
    return failure;
  }

  private TestImage pushed(TestImage image) {
    registry.push("evil", "1", image);
    return image;
  }

  private static String blobOf(TestImage image) {
    return "GET /v2/evil/blobs/" + image.layers().get(0);
  }

  @Test
  void wrongDiffId() {
    pushed(
        TestImage.builder()
            .layers(Compression.GZIP, TestImage.noise(1, 1000))
            .diffId(0, Digest.of(new byte[1]))
            .build());
    assertRefused(FailureKind.CORRUPTED, "has another diff id");
  }

  @Test
  void wrongBlobDigestIsFoundBeforeTheLayerIsVisible() {
    byte[] tar = TestImage.noise(2, 1000);
    TestImage image = pushed(TestImage.builder().layers(Compression.GZIP, tar).build());
    // Another gzip of the same tar: only the packed digest can tell.
    byte[] other = TestImage.gzip(tar);
    other[4] = 42;
    registry.pushBlob(image.layers().get(0), other);
    assertRefused(FailureKind.CORRUPTED, "came with digest");
  }

  @Test
  void damagedLayer() {
    TestImage image = pushed(TestImage.of(TestImage.noise(3, 100_000)));
    byte[] blob = image.layerBlob(0);
    registry.pushBlob(image.layers().get(0), TestImage.damaged(blob));
    assertRefused(FailureKind.CORRUPTED, "layer");
  }

  @Test
  void manifestWithAnotherDigest() {
    TestImage image = pushed(TestImage.of(TestImage.noise(4, 10)));
    registry.on(
        "GET /v2/evil/manifests/" + image.digest(),
        exchange ->
            SimulatedRegistry.send(
                exchange, 200, TestImage.OCI_MANIFEST, TestImage.damaged(image.manifest())));
    assertRefused(FailureKind.CORRUPTED, "another digest");
  }

  @Test
  void blobLongerThanItsManifestSays() {
    TestImage image =
        pushed(
            TestImage.builder()
                .layers(Compression.GZIP, TestImage.noise(5, 1000))
                .size(0, 10)
                .build());
    assertThat(image.layers()).hasSize(1);
    assertRefused(FailureKind.CORRUPTED, "its manifest says 10");
  }

  @Test
  void endlessLayerWithoutLength() {
    TestImage image = pushed(TestImage.of(TestImage.noise(6, 1000)));
    registry.on(blobOf(image), exchange -> sendForEver(exchange, new byte[1024]));
    assertRefused(FailureKind.CORRUPTED, "");
  }

  @Test
  void endlessLayerThatBeginsRight() {
    byte[] tar = TestImage.noise(7, 100_000);
    TestImage image = pushed(TestImage.builder().layers(Compression.NONE, tar).build());
    registry.on(blobOf(image), exchange -> sendForEver(exchange, tar));
    assertRefused(FailureKind.CORRUPTED, "more bytes");
  }

  @Test
  void endlessManifest() {
    registry.on("GET /v2/evil/manifests/1", exchange -> sendForEver(exchange, new byte[] {' '}));
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> SimulatedRegistry.send(exchange, 405, "text/plain", new byte[0]));
    assertRefused(FailureKind.CORRUPTED, "sent more than the " + Manifest.MAX_BYTES);
  }

  private static void sendForEver(HttpExchange exchange, byte[] piece) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] chunk = new byte[Math.max(piece.length, 65536)];
    for (int i = 0; i < chunk.length; i++) {
      chunk[i] = piece[i % piece.length];
    }
    try (OutputStream out = exchange.getResponseBody()) {
      while (true) {
        out.write(chunk);
      }
    }
  }

  @Test
  void zipBomb() {
    pushed(TestImage.of(new byte[(int) PullFixture.MAX_LAYER_BYTES + 1]));
    assertRefused(FailureKind.EXHAUSTED, "unpacks to more than the " + PullFixture.MAX_LAYER_BYTES);
  }

  @Test
  void zstdBomb() {
    pushed(
        TestImage.builder()
            .layers(Compression.ZSTD, new byte[(int) PullFixture.MAX_LAYER_BYTES + 1])
            .build());
    assertRefused(FailureKind.EXHAUSTED, "unpacks to more than");
  }

  @Test
  void zstdWindowOfTwoGigabytes() {
    // RFC 8878, section 3.1.1.1: a frame without a size, window 2^31, one raw block of a byte.
    byte[] frame = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (21 << 3), 9, 0, 0, 1};
    byte[] tar = TestImage.noise(14, 10);
    pushed(TestImage.builder().layers(Compression.ZSTD, tar).packedAs(0, frame).build());
    assertRefused(FailureKind.UNSUPPORTED, "a zstd window of more than 128 MiB");
  }

  @Test
  void hugeSizeOfALayerThatIsHere() {
    byte[] tar = TestImage.noise(15, 1000);
    registry.push("good", "1", TestImage.builder().layers(Compression.GZIP, tar).build());
    node.pull(registry.reference("good:1"));
    TestImage lying =
        TestImage.builder().layers(Compression.GZIP, tar).size(0, Long.MAX_VALUE).build();
    pushed(lying);
    assertThat(catchThrowableOfType(Failure.class, () -> node.pull(registry.reference("evil:1"))))
        .hasMessageContaining("layer " + lying.layers().get(0) + " has " + Long.MAX_VALUE);
  }

  @Test
  void typeThatPromisesAnotherCompression() {
    byte[] tar = TestImage.noise(8, 1000);
    pushed(
        TestImage.builder().layers(Compression.ZSTD, tar).packedAs(0, TestImage.gzip(tar)).build());
    assertRefused(FailureKind.CORRUPTED, "but its content is not");
  }

  @Test
  void cutGzipThatMatchesItsDigest() {
    byte[] whole = TestImage.gzip(TestImage.noise(9, 10_000));
    byte[] half = java.util.Arrays.copyOf(whole, whole.length / 2);
    pushed(
        TestImage.builder()
            .layers(Compression.GZIP, TestImage.noise(9, 10_000))
            .packedAs(0, half)
            .build());
    assertRefused(FailureKind.CORRUPTED, "ends within a member");
  }

  @Test
  void redirectLoop() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "/v2/evil/manifests/1");
          exchange.sendResponseHeaders(307, -1);
        });
    assertRefused(FailureKind.UNAVAILABLE, "redirects more than");
  }

  @Test
  void redirectToAnotherScheme() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
          exchange.sendResponseHeaders(307, -1);
        });
    assertRefused(FailureKind.UNAVAILABLE, "redirects to nowhere");
  }

  @Test
  void floodOfHeaders() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> {
          for (int i = 0; i < 5000; i++) {
            exchange.getResponseHeaders().add("X-Flood-" + i, "x".repeat(100));
          }
          exchange.sendResponseHeaders(200, -1);
        });
    assertRefused(FailureKind.UNAVAILABLE, "cannot be reached");
  }

  @Test
  void deepJson() {
    pushManifest("{\"a\":".repeat(100_000));
    assertRefused(FailureKind.CORRUPTED, "nesting depth");
  }

  @Test
  void brokenJson() {
    pushManifest("{\"schemaVersion\":2,");
    assertRefused(FailureKind.CORRUPTED, "is unusable");
  }

  @Test
  void schemaOne() {
    pushManifest("{\"schemaVersion\":1}");
    assertRefused(FailureKind.UNSUPPORTED, "schema 1");
  }

  @Test
  void indexOfItself() {
    // An index cannot hold its own digest, but a chain of indexes can be long.
    byte[] next = "{}".getBytes(StandardCharsets.UTF_8);
    for (int depth = 0; depth < 10; depth++) {
      next =
          """
          {"schemaVersion":2,"mediaType":"%s","manifests":[
            {"mediaType":"%s","digest":"%s","size":%d,
             "platform":{"os":"linux","architecture":"amd64"}}]}\
          """
              .formatted(TestImage.OCI_INDEX, TestImage.OCI_INDEX, Digest.of(next), next.length)
              .getBytes(StandardCharsets.UTF_8);
      registry.pushManifest("evil", "1", TestImage.OCI_INDEX, next);
    }
    assertRefused(FailureKind.CORRUPTED, "deep");
  }

  @Test
  void tooManyLayers() {
    String layer =
        "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":1}"
            .formatted("application/vnd.oci.image.layer.v1.tar", Digest.of(new byte[0]));
    pushManifest(
        """
        {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",
         "digest":"%s","size":2},"layers":[%s]}\
        """
            .formatted(Digest.of(new byte[2]), layer + ("," + layer).repeat(500)));
    assertRefused(FailureKind.UNSUPPORTED, "501 layers");
  }

  @Test
  void hugeConfig() {
    pushManifest(
        """
        {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",
         "digest":"%s","size":99999999999},"layers":[]}\
        """
            .formatted(Digest.of(new byte[2])));
    assertRefused(FailureKind.CORRUPTED, "99999999999 bytes");
  }

  @Test
  void artifactThatIsNoImage() {
    pushManifest(
        """
        {"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json",
         "digest":"%s","size":2},"layers":[]}\
        """
            .formatted(Digest.of(new byte[2])));
    assertRefused(FailureKind.UNSUPPORTED, "artifact");
  }

  @Test
  void errorTextOfTheRegistryStaysOnOneLine() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> SimulatedRegistry.send(exchange, 405, "text/plain", new byte[0]));
    registry.on(
        "GET /v2/evil/manifests/1",
        exchange ->
            SimulatedRegistry.send(
                exchange,
                403,
                "application/json",
                SimulatedRegistry.error("DENIED", "\\u001b[31m" + "x".repeat(5000))));
    assertRefused(FailureKind.DENIED, "(DENIED ?[31mxxx");
  }

  @Test
  void silentLayerIsGivenUp() {
    TestImage image = pushed(TestImage.of(TestImage.noise(10, 10)));
    registry.on(
        blobOf(image),
        exchange -> {
          exchange.sendResponseHeaders(200, image.layerBlob(0).length);
          exchange.getResponseBody().flush();
          awaitStop();
        });
    assertRefused(FailureKind.UNAVAILABLE, "the connection was cut");
  }

  @Test
  void trickledManifestIsGivenUp() {
    TestImage image = pushed(TestImage.of(TestImage.noise(11, 10)));
    registry.on("GET /v2/evil/manifests/" + image.digest(), this::trickle);
    assertThat(assertRefused(FailureKind.UNAVAILABLE, "registry " + registry.host()))
        .hasMessageContaining("/evil@" + image.digest())
        .hasMessageContaining("sent only")
        .hasMessageContaining("name a mirror in hosts.toml");
    assertThat(registry.count("GET /v2/evil/manifests/")).isEqualTo(1);
  }

  @Test
  void trickledIndexIsGivenUp() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> SimulatedRegistry.send(exchange, 405, "text/plain", new byte[0]));
    registry.on("GET /v2/evil/manifests/1", this::trickle);
    assertRefused(FailureKind.UNAVAILABLE, "registry " + registry.host() + " sent only");
  }

  @Test
  void trickledConfigIsGivenUp() {
    byte[] config = TestImage.noise(12, 1000);
    Digest digest = Digest.of(config);
    pushManifest(
        """
        {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",
         "digest":"%s","size":%d},"layers":[]}\
        """
            .formatted(digest, config.length));
    registry.on("GET /v2/evil/blobs/" + digest, this::trickle);
    assertRefused(FailureKind.UNAVAILABLE, digest + ": the registry sent only");
  }

  @Test
  void trickledTokenIsGivenUp() {
    pushed(TestImage.of(TestImage.noise(13, 10)));
    registry.protect("Bearer realm=\"http://" + registry.host() + "/token\"", "Bearer good");
    registry.on("GET /token", this::trickle);
    assertThat(assertRefused(FailureKind.UNAVAILABLE, "token for " + registry.host() + "/evil:1"))
        .hasMessageContaining("sent only");
  }

  @Test
  void trickledRefusalIsStillARefusal() {
    registry.on(
        "HEAD /v2/evil/manifests/1",
        exchange -> SimulatedRegistry.send(exchange, 405, "text/plain", new byte[0]));
    registry.on("GET /v2/evil/manifests/1", exchange -> trickle(exchange, 403));
    assertRefused(FailureKind.DENIED, "answered 403");
  }

  private void trickle(HttpExchange exchange) throws IOException {
    trickle(exchange, 200);
  }

  /** Blanks that never end, each well before the connection would count as silent. */
  private void trickle(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      do {
        out.write(' ');
        out.flush();
      } while (!stopsWithin(50));
    }
  }

  private boolean stopsWithin(long millis) throws IOException {
    try {
      return stopping.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      throw new IOException(stopped);
    }
  }

  private void awaitStop() throws IOException {
    try {
      stopping.await();
    } catch (InterruptedException stopped) {
      throw new IOException(stopped);
    }
  }

  private void pushManifest(String json) {
    registry.pushManifest(
        "evil", "1", TestImage.OCI_MANIFEST, json.getBytes(StandardCharsets.UTF_8));
  }
}
