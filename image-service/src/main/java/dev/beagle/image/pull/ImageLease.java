package dev.beagle.image.pull;

import dev.beagle.image.catalog.Image;
import dev.beagle.image.catalog.Lease;
import java.util.List;

/** An image's layers, kept from the collector until this is closed. */
public final class ImageLease implements AutoCloseable {
  private final Lease lease;
  private final List<ConvertedLayer> layers;

  ImageLease(Lease lease, List<ConvertedLayer> layers) {
    this.lease = lease;
    this.layers = List.copyOf(layers);
  }

  public Image image() {
    return lease.image();
  }

  /** Lowest first. */
  public List<ConvertedLayer> layers() {
    return layers;
  }

  @Override
  public void close() {
    lease.close();
  }
}
