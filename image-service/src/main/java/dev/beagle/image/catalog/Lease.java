package dev.beagle.image.catalog;

import java.util.concurrent.atomic.AtomicBoolean;

/** Keeps an image's layers while it is open, even when the image is removed. Thread-safe. */
public final class Lease implements AutoCloseable {
  private final Catalog catalog;
  private final Image image;
  private final AtomicBoolean open = new AtomicBoolean(true);

  Lease(Catalog catalog, Image image) {
    this.catalog = catalog;
    this.image = image;
  }

  /** As it was when the lease was opened. */
  public Image image() {
    return image;
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      catalog.endLease(image.id());
    }
  }
}
