package dev.beagle.image.pull;

import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import java.util.List;

/** Something to show of a pull that is going on. */
public sealed interface PullEvent {
  /**
   * The name stands for this content and these layers.
   *
   * @param target the digest of the index or manifest
   * @param layers lowest first
   */
  record Resolved(Digest target, List<Descriptor> layers) implements PullEvent {
    public Resolved {
      layers = List.copyOf(layers);
    }
  }

  /**
   * A layer has come so far.
   *
   * @param layer the digest of the compressed layer
   * @param bytesDone of {@code bytesTotal}, compressed
   */
  record Layer(Digest layer, Phase phase, long bytesDone, long bytesTotal) implements PullEvent {}

  /** Where a layer is on its way. */
  enum Phase {
    /** For its turn, or for another pull that fetches it. */
    WAITING,
    /** And being converted, as it comes. */
    FETCHING,
    /** All bytes are here; the conversion ends. */
    FINISHING,
    /** Fetched, checked and converted. */
    DONE,
    /** Was here before. */
    PRESENT
  }
}
