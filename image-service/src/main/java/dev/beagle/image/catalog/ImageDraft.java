package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;
import java.util.List;

/**
 * An image whose content is here and checked, about to be entered.
 *
 * @param documents digests of its indexes, manifest and config in the content store
 * @param sizeBytes manifest, config and compressed layers
 */
public record ImageDraft(
    Digest id, List<Digest> documents, List<ImageLayer> layers, long sizeBytes) {
  public ImageDraft {
    documents = List.copyOf(documents);
    layers = List.copyOf(layers);
  }
}
