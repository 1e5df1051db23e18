package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.catalog.Image;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
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
import java.util.stream.Stream;

/** A node's images in a temporary folder, with short waits. */
final class PullFixture implements AutoCloseable {
  static final long MAX_LAYER_BYTES = 8 << 20;

  private final Path folder;
  private final RegistrySettings registry;
  private SimulatedLayers layers;
  private Images images;

  PullFixture(Path folder) {
    this(
        folder,
        new RegistrySettings(
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(500),
            3,
            Duration.ofMillis(1)));
  }

  PullFixture(Path folder, RegistrySettings registry) {
    this.folder = folder;
    this.registry = registry;
    this.layers = new SimulatedLayers(folder.resolve("layers"));
    this.images = open();
  }

  private Images open() {
    return Images.open(
        new ImagesSettings(folder, registry, 4, MAX_LAYER_BYTES), layers, Time.system());
  }

  /** As after {@code kill -9}. */
  void restart() {
    layers = new SimulatedLayers(folder.resolve("layers"));
    images = open();
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
