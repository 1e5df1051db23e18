package dev.beagle.node.images;

import dev.beagle.image.layer.LayeredFiles;
import dev.beagle.image.manifest.ImageConfig;
import dev.beagle.image.pull.ConvertedLayer;
import dev.beagle.image.pull.ImageLease;
import dev.beagle.image.pull.Images;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.RootFilesystems;
import java.util.List;
import java.util.Optional;

/** The image store as the core sees it. Thread-safe. */
public final class ImageRoots implements RootFilesystems {
  private final Images images;

  public ImageRoots(Images images) {
    this.images = images;
  }

  @Override
  public RootFilesystem open(String imageId) {
    return new LeasedRoot(images.lease(imageId));
  }

  private record LeasedRoot(ImageLease lease) implements RootFilesystem {
    @Override
    public List<Layer> layers() {
      return lease.layers().stream()
          .map(layer -> new Layer(layer.diffId().toString(), layer.image()))
          .toList();
    }

    @Override
    public ImageDefaults defaults() {
      ImageConfig config = lease.image().config();
      return new ImageDefaults(
          config.entrypoint(),
          config.command(),
          config.environment(),
          config.workingDirectory(),
          config.user(),
          config.stopSignal(),
          config.volumes());
    }

    @Override
    public String architecture() {
      return lease.image().config().platform().architecture();
    }

    @Override
    public Optional<byte[]> readFile(String path, int limitBytes) {
      return LayeredFiles.readFile(
          lease.layers().stream().map(ConvertedLayer::image).toList(), path, limitBytes);
    }

    @Override
    public void close() {
      lease.close();
    }
  }
}
