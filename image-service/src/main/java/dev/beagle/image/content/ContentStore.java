package dev.beagle.image.content;

import dev.beagle.image.reference.Digest;
import java.util.List;
import java.util.Optional;

/**
 * Immutable content found by its digest. Layers are not kept here: they become EROFS images (see
 * docs/decisions/0002-layers-are-kept-as-erofs-only.md). Thread-safe.
 */
public interface ContentStore {
  /** The content, or empty where it is not here. */
  Optional<byte[]> find(Digest digest);

  boolean contains(Digest digest);

  /**
   * Begins to take in content.
   *
   * @param size in bytes
   */
  Ingest ingest(Digest expected, long size);

  /** Takes in content that is already in memory; nothing happens where it is here. */
  default void put(Digest expected, byte[] content) {
    if (!contains(expected)) {
      try (Ingest ingest = ingest(expected, content.length)) {
        ingest.write(content, 0, content.length);
        ingest.commit();
      }
    }
  }

  /** What is here, in no order. */
  List<Digest> digests();

  /** Deletes content that is here; otherwise nothing. */
  void delete(Digest digest);
}
