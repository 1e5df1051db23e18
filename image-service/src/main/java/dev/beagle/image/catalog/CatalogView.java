package dev.beagle.image.catalog;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.ImageConfig;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.ImageName;
import dev.beagle.image.reference.Reference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The catalogue at one moment, so that readers wait for nobody. Immutable. */
final class CatalogView {
  private final Map<Digest, CatalogRecord> records;
  private final Map<Digest, Image> images = new LinkedHashMap<>();
  private final Map<Reference, Digest> names = new HashMap<>();

  /**
   * @param configs of every record
   */
  CatalogView(Map<Digest, CatalogRecord> records, Map<Digest, ImageConfig> configs) {
    this.records = Map.copyOf(records);
    records.values().stream()
        .sorted(Comparator.comparing(CatalogRecord::id))
        .forEach(entry -> {
          ImageConfig config = configs.get(entry.id());
          if (config != null) {
            images.put(entry.id(), imageOf(entry, config));
            entry.names().keySet().forEach(name -> names.put(name, entry.id()));
          }
        });
  }

  private static Image imageOf(CatalogRecord entry, ImageConfig config) {
    List<Reference.Tagged> tags = new ArrayList<>();
    List<Reference.Digested> digests = new ArrayList<>();
    entry.names().keySet().stream()
        .sorted(Comparator.comparing(Reference::toString))
        .forEach(name -> {
          switch (name) {
            case Reference.Tagged tagged -> tags.add(tagged);
            case Reference.Digested digested -> digests.add(digested);
          }
        });
    return new Image(
        entry.id(),
        tags,
        digests,
        entry.sizeBytes(),
        entry.layers(),
        config,
        entry.pinned(),
        entry.pulledAt());
  }

  Map<Digest, CatalogRecord> records() {
    return records;
  }

  /** By id, sorted. */
  List<Image> images() {
    return images.values().stream().filter(image -> isListed(image.id())).toList();
  }

  /** Also one that is removed and only kept for its leases. */
  Optional<Image> findById(Digest id) {
    return Optional.ofNullable(images.get(id));
  }

  Optional<Image> find(ImageName name) {
    Optional<Image> named = name.reference().map(names::get).flatMap(this::findById);
    return named.isPresent() ? named : name.idPrefix().flatMap(this::findByPrefix);
  }

  private Optional<Image> findByPrefix(String prefix) {
    List<Image> matching =
        images().stream().filter(image -> image.id().hex().startsWith(prefix)).toList();
    if (matching.size() > 1) {
      throw Failure.invalidArgument(
          "image id %s is ambiguous: %d images begin so".formatted(prefix, matching.size()));
    }
    return matching.stream().findFirst();
  }

  Optional<Digest> owner(Reference name) {
    return Optional.ofNullable(names.get(name));
  }

  private boolean isListed(Digest id) {
    CatalogRecord entry = records.get(id);
    return entry != null && !entry.removed();
  }
}
