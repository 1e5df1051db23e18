package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TestImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pulls at the same time, pulls that are given up, and downloads that are cut. */
@Timeout(60)
class PullInterplayTest {
  @TempDir Path folder;
  private final CountDownLatch gate = new CountDownLatch(1);
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
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
    gate.countDown();
    callers.shutdownNow();
    node.close();
    registry.close();
  }

  /** Sends half of the blob, and the rest only when the gate opens. */
  private HttpHandler gated(byte[] blob) {
    return exchange -> {
      exchange.sendResponseHeaders(200, blob.length);
      exchange.getResponseBody().write(blob, 0, blob.length / 2);
      exchange.getResponseBody().flush();
      awaitGate(exchange);
      exchange.getResponseBody().write(blob, blob.length / 2, blob.length - blob.length / 2);
    };
  }

  private void awaitGate(HttpExchange exchange) throws IOException {
    try {
      gate.await();
    } catch (InterruptedException stopped) {
      throw new IOException("stopped: " + exchange.getRequestURI(), stopped);
    }
  }

  private TestImage gatedImage(String repository, byte[]... tars) {
    TestImage image = TestImage.of(tars);
    registry.push(repository, "1", image);
    Digest layer = image.layers().get(0);
    registry.on("GET /v2/" + repository + "/blobs/" + layer, gated(image.layerBlob(0)));
    return image;
  }

  private Future<Image> pulling(String name) {
    Callable<Image> pull = () -> node.pull(registry.reference(name));
    return callers.submit(pull);
  }

  private void awaitRequest(String line, int count) {
    await().atMost(Duration.ofSeconds(20)).until(() -> registry.count(line) >= count);
  }

  @Test
  void identicalPullsAreOne() throws Exception {
    TestImage image = gatedImage("app", TestImage.noise(1, 400_000));
    List<Future<Image>> pulls = List.of(pulling("app:1"), pulling("app:1"), pulling("app:1"));
    awaitRequest("GET /v2/app/blobs/" + image.layers().get(0), 1);
    gate.countDown();
    for (Future<Image> pull : pulls) {
      assertThat(pull.get().id()).isEqualTo(image.id());
    }
    assertThat(registry.count("GET /v2/app/blobs/" + image.layers().get(0))).isEqualTo(1);
  }

  @Test
  void layerThatTwoPullsWantIsFetchedOnce() throws Exception {
    byte[] shared = TestImage.noise(2, 400_000);
    TestImage one = gatedImage("one", shared);
    TestImage two = gatedImage("two", shared, TestImage.noise(3, 10));
    Future<Image> first = pulling("one:1");
    awaitRequest("GET /v2/one/blobs/" + one.layers().get(0), 1);
    Future<Image> second = pulling("two:1");
    awaitRequest("GET /v2/two/blobs/" + two.layers().get(1), 1);
    gate.countDown();
    assertThat(first.get().id()).isEqualTo(one.id());
    assertThat(second.get().id()).isEqualTo(two.id());
    assertThat(node.layers().conversions(Digest.of(shared))).isEqualTo(1);
  }

  @Test
  void interruptedPullIsCancelledAndLeavesNothing() throws Exception {
    TestImage image = gatedImage("app", TestImage.noise(4, 400_000), TestImage.noise(5, 100));
    CountDownLatch ended = new CountDownLatch(1);
    Failure[] outcome = new Failure[1];
    Thread caller =
        Thread.ofVirtual()
            .start(() -> {
              try {
                node.pull(registry.reference("app:1"));
              } catch (Failure failure) {
                outcome[0] = failure;
              } finally {
                ended.countDown();
              }
            });
    awaitRequest("GET /v2/app/blobs/" + image.layers().get(0), 1);
    caller.interrupt();
    ended.await();
    assertThat(outcome[0].kind()).isEqualTo(FailureKind.CANCELLED);
    node.assertNothingLeft();
    assertThat(threadsNamed("layer-")).isZero();
    assertThat(threadsNamed("unpack-")).isZero();
  }

  private static long threadsNamed(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .count();
  }

  @Test
  void oneOfTwoCallersLeavingDoesNotDisturbTheOther() throws Exception {
    TestImage image = gatedImage("app", TestImage.noise(6, 400_000));
    Future<Image> leaving = pulling("app:1");
    Future<Image> staying = pulling("app:1");
    awaitRequest("GET /v2/app/blobs/" + image.layers().get(0), 1);
    leaving.cancel(true);
    gate.countDown();
    assertThat(staying.get().id()).isEqualTo(image.id());
  }

  @Test
  void pullTakesOverALayerFromACancelledOne() throws Exception {
    byte[] shared = TestImage.noise(7, 400_000);
    TestImage one = gatedImage("one", shared);
    TestImage two = TestImage.of(shared, TestImage.noise(8, 10));
    registry.push("two", "1", two);
    Future<Image> first = pulling("one:1");
    awaitRequest("GET /v2/one/blobs/" + one.layers().get(0), 1);
    Future<Image> second = pulling("two:1");
    awaitRequest("GET /v2/two/blobs/" + two.layers().get(1), 1);
    assertThat(registry.count("GET /v2/two/blobs/" + two.layers().get(0))).isZero();
    first.cancel(true);
    assertThat(second.get().id()).isEqualTo(two.id());
  }

  @Test
  void cutDownloadGoesOnWhereItWas() {
    byte[] tar = TestImage.noise(9, 3_000_000);
    TestImage image = TestImage.of(tar);
    registry.push("app", "1", image);
    byte[] blob = image.layerBlob(0);
    String line = "GET /v2/app/blobs/" + image.layers().get(0);
    registry.on(line, exchange -> registry.sendCut(exchange, blob, 1_100_000));
    assertThat(node.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
    List<String> ranges =
        registry.requests().stream()
            .filter(request -> request.line().equals(line))
            .map(request -> request.header("Range"))
            .toList();
    assertThat(ranges).hasSizeGreaterThan(2).doesNotHaveDuplicates().startsWith("");
    assertThat(ranges.subList(1, ranges.size()))
        .allSatisfy(range -> assertThat(range).matches("bytes=[1-9][0-9]{5,}-"));
  }

  @Test
  void cutDownloadWithoutRangesSkipsWhatItHas() {
    TestImage image = TestImage.of(TestImage.noise(10, 1_000_000));
    registry.push("app", "1", image).withoutRanges();
    byte[] blob = image.layerBlob(0);
    AtomicInteger asked = new AtomicInteger();
    registry.on(
        "GET /v2/app/blobs/" + image.layers().get(0),
        exchange -> {
          if (asked.incrementAndGet() == 1) {
            exchange.sendResponseHeaders(200, blob.length);
            exchange.getResponseBody().write(blob, 0, 500_000);
            exchange.getResponseBody().flush();
            throw new IOException("cut on purpose");
          }
          registry.sendBlob(exchange, blob);
        });
    assertThat(node.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
    assertThat(asked).hasValue(2);
  }

  @Test
  void leaseKeepsTheLayersOfARemovedImageAlsoThroughARestart() {
    TestImage image = TestImage.of(TestImage.noise(11, 1000));
    registry.push("app", "1", image);
    node.pull(registry.reference("app:1"));
    ImageLease lease = node.images().lease(registry.host() + "/app:1");
    assertThat(lease.layers()).hasSize(1);
    node.images().remove(image.id().toString());
    assertThat(node.images().list()).isEmpty();
    assertThat(lease.layers().get(0).image()).exists();
    node.restart();
    assertThat(node.images().list()).isEmpty();
    ImageLease adopted = node.images().lease(image.id().toString());
    node.images().collect();
    assertThat(adopted.layers().get(0).image()).exists();
    adopted.close();
    node.assertNothingLeft();
  }

  @Test
  void removalOfAPulledLayerDuringAnotherPullDoesNotTakeIt() throws Exception {
    byte[] shared = TestImage.noise(12, 1000);
    TestImage one = TestImage.of(shared);
    registry.push("one", "1", one);
    node.pull(registry.reference("one:1"));
    TestImage two = TestImage.of(TestImage.noise(13, 400_000), shared);
    registry.push("two", "1", two);
    registry.on("GET /v2/two/blobs/" + two.layers().get(0), gated(two.layerBlob(0)));
    Future<Image> pull = pulling("two:1");
    awaitRequest("GET /v2/two/blobs/" + two.layers().get(0), 1);
    node.images().remove(one.id().toString());
    gate.countDown();
    Image image = pull.get();
    try (ImageLease lease = node.images().lease(image.id().toString())) {
      assertThat(lease.layers()).hasSize(2);
    }
    assertThat(node.layers().conversions(Digest.of(shared))).isEqualTo(1);
  }

  @Test
  void closedImagesRefusePulls() {
    node.images().close();
    assertThatThrownBy(() -> node.pull(registry.reference("app:1")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("closed");
  }
}
