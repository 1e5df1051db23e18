package dev.beagle.image.pull;

import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.pull.PullEvent.Phase;
import java.util.function.LongConsumer;

/** Tells of a layer's bytes in steps worth showing. Confined to one thread. */
final class ThrottledProgress implements LongConsumer {
  private static final long STEP = 256 << 10;

  private final PullProgress progress;
  private final Descriptor layer;
  private long told = -STEP;

  ThrottledProgress(PullProgress progress, Descriptor layer) {
    this.progress = progress;
    this.layer = layer;
  }

  @Override
  public void accept(long position) {
    boolean all = position >= layer.size();
    if (all || position - told >= STEP) {
      told = position;
      progress.accept(
          new PullEvent.Layer(
              layer.digest(), all ? Phase.FINISHING : Phase.FETCHING, position, layer.size()));
    }
  }
}
