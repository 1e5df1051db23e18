package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.pull.PullEvent.Phase;
import dev.beagle.image.reference.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Makes layers be here: each is fetched once, however many pulls want it, and a bounded number at a
 * time on the whole node. Blob, checks, unpacking and conversion are one pipeline without a file in
 * between. Thread-safe.
 */
final class LayerFetcher {
  private final LayerConverter layers;
  private final long maxLayerBytes;
  private final DiskFloor floor;
  private final Semaphore slots;

  /** Apart from the slots: a pull whose layers are all here does not wait for others' networks. */
  private final Semaphore completing;

  private final ConcurrentMap<Digest, CountDownLatch> flights = new ConcurrentHashMap<>();

  LayerFetcher(LayerConverter layers, int layersAtOnce, long maxLayerBytes, DiskFloor floor) {
    this.layers = layers;
    this.maxLayerBytes = maxLayerBytes;
    this.floor = floor;
    this.slots = new Semaphore(layersAtOnce, true);
    this.completing = new Semaphore(layersAtOnce, true);
  }

  /**
   * Fetches the layer unless it is here; waits where another pull does. If that one fails or is
   * cancelled, this one takes over from its own source.
   *
   * @throws Failure CORRUPTED, EXHAUSTED, CANCELLED and what the source throws
   */
  ConvertedLayer ensure(
      ImageSource source, Descriptor layer, Digest diffId, PullProgress progress) {
    // Of layers that are here too: their sizes are added up.
    if (layer.size() > maxLayerBytes) {
      throw Failure.exhausted(
          "layer %s has %d bytes, more than the %d that are allowed"
              .formatted(layer.digest(), layer.size(), maxLayerBytes));
    }
    try {
      while (true) {
        Optional<ConvertedLayer> present = layers.find(diffId);
        if (present.isPresent()) {
          report(progress, layer, Phase.PRESENT, layer.size());
          return present.get();
        }
        report(progress, layer, Phase.WAITING, 0);
        CountDownLatch own = new CountDownLatch(1);
        CountDownLatch flying = flights.putIfAbsent(diffId, own);
        if (flying != null) {
          flying.await();
          continue;
        }
        try {
          // It may have landed between the look and the claim.
          Optional<ConvertedLayer> landed = layers.find(diffId);
          return landed.isPresent() ? landed.get() : fetchInTurn(source, layer, diffId, progress);
        } finally {
          flights.remove(diffId);
          own.countDown();
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for layer " + layer.digest());
    }
  }

  private ConvertedLayer fetchInTurn(
      ImageSource source, Descriptor layer, Digest diffId, PullProgress progress)
      throws InterruptedException {
    slots.acquire();
    try {
      floor.check("layer " + layer.digest());
      String name = "layer-" + diffId.abbreviated();
      ConvertedLayer converted =
          PlatformTask.run(name, () -> convert(source, layer, diffId, progress, name));
      report(progress, layer, Phase.DONE, layer.size());
      return converted;
    } finally {
      slots.release();
    }
  }

  private ConvertedLayer convert(
      ImageSource source, Descriptor layer, Digest diffId, PullProgress progress, String name)
      throws IOException {
    ThrottledProgress steps = new ThrottledProgress(progress, layer);
    VerifiedStream packed = new VerifiedStream(source.blob(layer), layer, steps);
    try (InputStream tar =
        new ReadAheadStream(
            LayerTar.open(packed, layer, maxLayerBytes, floor),
            name.replace("layer-", "unpack-"))) {
      return layers.convert(tar, diffId);
    }
  }

  /**
   * Makes the layer be here that completes a stack, if it needs one.
   *
   * @param diffIds of layers that are here and stay, lowest first
   * @param protect is told the layer before it is made
   * @throws Failure EXHAUSTED where the layers leave out too much or the disk is full; CANCELLED
   *     where the thread is interrupted, after the work has ended
   */
  Optional<Digest> complete(List<Digest> diffIds, Consumer<Digest> protect) {
    try {
      completing.acquire();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting to complete the layers of an image");
    }
    try {
      return PlatformTask.run("complete-layers", () -> completeInTurn(diffIds, protect));
    } finally {
      completing.release();
    }
  }

  private Optional<Digest> completeInTurn(List<Digest> diffIds, Consumer<Digest> protect) {
    Optional<byte[]> tar = layers.completion(diffIds);
    if (tar.isEmpty()) {
      return Optional.empty();
    }
    Digest diffId = Digest.of(tar.get());
    protect.accept(diffId);
    if (layers.find(diffId).isEmpty()) {
      floor.check("layer " + diffId);
      layers.convert(new ByteArrayInputStream(tar.get()), diffId);
    }
    return Optional.of(diffId);
  }

  private static void report(PullProgress progress, Descriptor layer, Phase phase, long bytesDone) {
    progress.accept(new PullEvent.Layer(layer.digest(), phase, bytesDone, layer.size()));
  }
}
