package dev.beagle.node.cri;

import dev.beagle.cri.node.v1.LayerProgress;
import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.PullImageResponse;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.node.cri.NodeImages.Layer;
import dev.beagle.node.cri.NodeImages.PullListener;
import dev.beagle.time.Time;
import io.grpc.stub.CallStreamObserver;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A pull's progress on its way to one client. What happens is only noted, never waited for; a
 * thread of its own sends the newest state a few times a second while the client takes it, so a
 * slow client misses states and holds up nobody. Until closed the observer is that thread's.
 */
final class PullFeed implements PullListener, AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final CallStreamObserver<PullImageResponse> observer;
  private final Time time;
  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final Thread sender;
  private boolean news;
  private boolean ended;

  private PullFeed(CallStreamObserver<PullImageResponse> observer, Time time) {
    this.observer = observer;
    this.time = time;
    this.sender = Thread.ofVirtual().name("pull-feed").unstarted(this::send);
  }

  static PullFeed open(CallStreamObserver<PullImageResponse> observer, Time time) {
    PullFeed feed = new PullFeed(observer, time);
    feed.sender.start();
    return feed;
  }

  @Override
  public synchronized void resolved(List<Layer> all) {
    layers.clear();
    all.forEach(layer -> layers.put(layer.digest(), layer));
    tell();
  }

  @Override
  public synchronized void changed(Layer layer) {
    layers.put(layer.digest(), layer);
    tell();
  }

  private void tell() {
    news = true;
    notifyAll();
  }

  private void send() {
    try {
      while (awaitNews()) {
        if (observer.isReady()) {
          observer.onNext(takeNews());
        }
        time.sleep(PAUSE);
      }
    } catch (InterruptedException stop) {
      // closed
    }
  }

  private synchronized boolean awaitNews() throws InterruptedException {
    while (!news && !ended) {
      wait();
    }
    return !ended;
  }

  private synchronized PullImageResponse takeNews() {
    news = false;
    return state();
  }

  private PullImageResponse state() {
    PullProgress.Builder progress = PullProgress.newBuilder();
    long expected = 0;
    long received = 0;
    for (Layer layer : layers.values()) {
      progress.addLayers(message(layer));
      if (layer.state() != NodeImages.LayerState.PRESENT) {
        expected += layer.bytesExpected();
        received += layer.bytesReceived();
      }
    }
    return PullImageResponse.newBuilder()
        .setProgress(progress.setBytesExpected(expected).setBytesReceived(received))
        .build();
  }

  private static LayerProgress message(Layer layer) {
    return LayerProgress.newBuilder()
        .setDigest(layer.digest())
        .setState(
            switch (layer.state()) {
              case WAITING -> LayerState.LAYER_STATE_WAITING;
              case FETCHING -> LayerState.LAYER_STATE_FETCHING;
              case FINISHING -> LayerState.LAYER_STATE_FINISHING;
              case DONE -> LayerState.LAYER_STATE_DONE;
              case PRESENT -> LayerState.LAYER_STATE_PRESENT;
            })
        .setBytesExpected(layer.bytesExpected())
        .setBytesReceived(layer.bytesReceived())
        .build();
  }

  /**
   * Sends no more by itself.
   *
   * @return the last state, for a client that missed some
   */
  PullImageResponse finish() {
    close();
    return takeNews();
  }

  @Override
  public void close() {
    synchronized (this) {
      ended = true;
      notifyAll();
    }
    sender.interrupt();
    boolean interrupted = false;
    while (true) {
      try {
        sender.join();
        break;
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
