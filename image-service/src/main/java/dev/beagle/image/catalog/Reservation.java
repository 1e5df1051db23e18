package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps content from the collector that no image refers to yet, because the image is being made.
 * Thread-safe.
 */
public final class Reservation implements AutoCloseable {
  private final Catalog catalog;
  private final Set<Digest> digests = new HashSet<>();

  Reservation(Catalog catalog) {
    this.catalog = catalog;
  }

  /** From the return on the collector leaves the blob or layer of this digest. */
  public void protect(Digest digest) {
    catalog.locked(() -> digests.add(digest));
  }

  /** Only under the catalogue's lock. */
  Set<Digest> digests() {
    return digests;
  }

  /** Gives up the protection of what no image refers to. */
  @Override
  public void close() {
    catalog.end(this);
  }
}
