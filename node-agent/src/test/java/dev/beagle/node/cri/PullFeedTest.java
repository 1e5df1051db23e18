package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.PullImageRequest;
import dev.beagle.cri.node.v1.PullImageResponse;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.failure.Failure;
import dev.beagle.node.cri.NodeImages.Layer;
import dev.beagle.testing.ManualTime;
import io.grpc.Status;
import io.grpc.stub.CallStreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A pull told as it goes: alone with clients of any speed, and through the daemon's socket. */
final class PullFeedTest {
  private static final String BASE = "sha256:" + "01".repeat(32);
  private static final String TOP = "sha256:" + "02".repeat(32);

  private final Client client = new Client();
  private final PullFeed feed = PullFeed.open(client, new ManualTime());

  @Test
  void aClientThatKeepsUpSeesEachLayerOnItsWay() throws InterruptedException {
    client.ready = true;
    feed.resolved(List.of(layer(BASE, NodeImages.LayerState.WAITING, 0)));
    assertThat(client.next().getLayers(0).getState()).isEqualTo(LayerState.LAYER_STATE_WAITING);

    feed.changed(layer(BASE, NodeImages.LayerState.FETCHING, 40));
    PullProgress fetching = client.next();
    assertThat(fetching.getLayers(0).getBytesReceived()).isEqualTo(40);
    assertThat(fetching.getBytesReceived()).isEqualTo(40);
    assertThat(fetching.getBytesExpected()).isEqualTo(100);

    feed.close();
    feed.changed(layer(BASE, NodeImages.LayerState.DONE, 100));
    assertThat(client.sent).isEmpty();
  }

  @Test
  void aClientThatTakesNothingHoldsUpNobodyAndGetsTheLastState() {
    feed.resolved(List.of(layer(BASE, NodeImages.LayerState.WAITING, 0)));
    for (int bytes = 0; bytes < 100_000; bytes++) {
      feed.changed(layer(BASE, NodeImages.LayerState.FETCHING, bytes));
    }
    assertThat(client.sent).isEmpty();

    PullProgress last = feed.finish().getProgress();

    assertThat(last.getLayers(0).getBytesReceived()).isEqualTo(99_999);
    assertThat(client.sent).isEmpty();
  }

  @Test
  void aClientThatTakesAgainSeesTheNewestState() throws InterruptedException {
    feed.changed(layer(BASE, NodeImages.LayerState.FETCHING, 1));
    feed.changed(layer(BASE, NodeImages.LayerState.FETCHING, 77));
    client.ready = true;

    assertThat(client.next().getBytesReceived()).isEqualTo(77);
    feed.close();
  }

  @Test
  void layersThatWereHereDoNotCountAsBytes() {
    feed.resolved(
        List.of(
            layer(BASE, NodeImages.LayerState.PRESENT, 100),
            layer(TOP, NodeImages.LayerState.FETCHING, 30)));

    PullProgress state = feed.finish().getProgress();

    assertThat(state.getLayersCount()).isEqualTo(2);
    assertThat(state.getBytesExpected()).isEqualTo(100);
    assertThat(state.getBytesReceived()).isEqualTo(30);
  }

  @Test
  void throughTheSocketTheEndIsTheImagesId() {
    feed.close();
    try (CriWorld world = CriWorld.open()) {
      Iterator<PullImageResponse> events = world.node.pullImage(request("busybox"));
      PullImageResponse event = events.next();
      PullProgress last = PullProgress.getDefaultInstance();
      while (event.hasProgress()) {
        last = event.getProgress();
        event = events.next();
      }

      assertThat(event.getImageRef()).isEqualTo(SimulatedImages.BUSYBOX_ID);
      assertThat(events.hasNext()).isFalse();
      assertThat(last.getLayersList())
          .extracting(layer -> layer.getState())
          .containsExactly(LayerState.LAYER_STATE_PRESENT, LayerState.LAYER_STATE_DONE);
      assertThat(last.getBytesExpected()).isEqualTo(1_000_000);
    }
  }

  @Test
  void failuresAreThoseOfTheCrisCall() {
    feed.close();
    try (CriWorld world = CriWorld.open()) {
      world.images.nextFailure = Failure.unavailable("docker.io: connection refused");
      CriWorld.assertFails(
          Status.Code.UNKNOWN,
          "RegistryUnavailable: docker.io: connection refused",
          () -> world.node.pullImage(request("busybox")).hasNext());
      CriWorld.assertFails(
          Status.Code.INVALID_ARGUMENT,
          "image: is missing",
          () -> world.node.pullImage(request("")).hasNext());
    }
  }

  @Test
  void aClientThatLeavesEndsThePull() throws InterruptedException {
    feed.close();
    try (CriWorld world = CriWorld.open()) {
      world.images.hang = true;
      var context = io.grpc.Context.current().withCancellation();
      context.run(() -> world.node.pullImage(request("busybox")));
      assertThat(world.images.pulling.await(10, TimeUnit.SECONDS)).isTrue();
      context.cancel(null);
      assertThat(world.images.interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static PullImageRequest request(String image) {
    return PullImageRequest.newBuilder().setImage(image).build();
  }

  private static Layer layer(String digest, NodeImages.LayerState state, long received) {
    return new Layer(digest, state, received, 100);
  }

  /** A client's end that is ready when the test says so. */
  private static final class Client extends CallStreamObserver<PullImageResponse> {
    final BlockingQueue<PullImageResponse> sent = new LinkedBlockingQueue<>();
    volatile boolean ready;

    PullProgress next() throws InterruptedException {
      Awaitility.await().until(() -> !sent.isEmpty());
      return sent.take().getProgress();
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void onNext(PullImageResponse event) {
      sent.add(event);
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void onError(Throwable error) {
      throw new AssertionError(error);
    }

    @Override
    public void onCompleted() {}
  }
}
