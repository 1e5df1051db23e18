package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;
import java.util.List;

/** What the collector needs of a store of layers. */
public interface LayerCollection {
  /** The diff ids of all layers that are here, in no order. */
  List<Digest> diffIds();

  /** Deletes a layer that nothing refers to; nothing happens where it is not here. */
  void delete(Digest diffId);
}
