package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.catalog.Image;
import dev.beagle.image.pull.DiskFloor.Space;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.ProxySettings;
import dev.beagle.image.registry.RegistrySettings;
import dev.beagle.image.testing.SimulatedLayers;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A node's images in a temporary folder, with short waits. */
final class PullFixture implements AutoCloseable {
  static final long MAX_LAYER_BYTES = 8 << 20;

  private final Path folder;
  private final long maxLayerBytes;
  private final RegistrySettings registry;
  private SimulatedLayers layers;
  private Images images;
  private volatile Supplier<Space> space = () -> new Space(50L << 30, 100L << 30);

  PullFixture(Path folder) {
    this(folder, MAX_LAYER_BYTES);
  }

  PullFixture(Path folder, long maxLayerBytes) {
    this(
        folder,
        maxLayerBytes,
        new RegistrySettings(
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            3,
            Duration.ofMillis(1),
            ProxySettings.NONE));
  }

  PullFixture(Path folder, RegistrySettings registry) {
    this(folder, MAX_LAYER_BYTES, registry);
  }

  private PullFixture(Path folder, long maxLayerBytes, RegistrySettings registry) {
    this.folder = folder;
    this.maxLayerBytes = maxLayerBytes;
    this.registry = registry;
    this.layers = new SimulatedLayers(folder.resolve("layers"));
    this.images = open();
  }

  private Images open() {
    return Images.open(
        new ImagesSettings(folder, registry, 4, maxLayerBytes),
        layers,
        Time.system(),
        new DiskFloor(folder, () -> space.get()));
  }

  /** As after {@code kill -9}. */
  void restart() {
    layers = new SimulatedLayers(folder.resolve("layers"));
    images = open();
  }

  /** Whatever the disk of this machine has. */
  void simulateDisk(Supplier<Space> simulated) {
    space = simulated;
  }

  Images images() {
    return images;
  }

  SimulatedLayers layers() {
    return layers;
  }

  Image pull(Reference reference) {
    return pull(reference, Platform.linux("amd64"), PullProgress.NONE);
  }

  Image pull(Reference reference, Platform platform, PullProgress progress) {
    return images.pull(reference, platform, Optional.empty(), progress);
  }

  /** No file of any content, layer or record. */
  void assertNothingLeft() {
    assertThat(files()).isEmpty();
  }

  List<Path> files() {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile).toList();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void close() {
    images.close();
  }
}
