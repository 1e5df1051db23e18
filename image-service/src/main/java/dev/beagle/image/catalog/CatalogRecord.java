package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/**
 * What is kept on disk of one image. Immutable.
 *
 * @param names each with the serial of the change that gave it; where two records claim a name
 *     after a crash, the higher serial has it
 * @param documents indexes, manifests and the config, as blobs of the content store
 * @param removed whether nobody but holders of leases should see it
 */
record CatalogRecord(
    Digest id,
    Map<Reference, Long> names,
    SequencedSet<Digest> documents,
    List<ImageLayer> layers,
    long sizeBytes,
    boolean pinned,
    boolean removed,
    Instant pulledAt) {
  CatalogRecord {
    names = Map.copyOf(names);
    documents = new LinkedHashSet<>(documents);
    layers = List.copyOf(layers);
  }

  CatalogRecord withNames(Map<Reference, Long> changed) {
    return new CatalogRecord(id, changed, documents, layers, sizeBytes, pinned, removed, pulledAt);
  }

  CatalogRecord without(Reference name) {
    Map<Reference, Long> rest = new LinkedHashMap<>(names);
    rest.remove(name);
    return withNames(rest);
  }

  CatalogRecord withPinned(boolean changed) {
    return new CatalogRecord(id, names, documents, layers, sizeBytes, changed, removed, pulledAt);
  }

  CatalogRecord asRemoved() {
    return new CatalogRecord(id, Map.of(), documents, layers, sizeBytes, pinned, true, pulledAt);
  }
}
