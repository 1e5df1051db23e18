package dev.beagle.node.images;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.pull.Images;
import dev.beagle.image.pull.PullEvent;
import dev.beagle.image.pull.PullProgress;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.Credentials;
import dev.beagle.node.cri.NodeImages;
import dev.beagle.node.embedded.EmbeddedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The image store as the CRI sees it; the image that the product carries needs no registry. */
public final class ImageCallsBackend implements NodeImages {
  private final Images images;
  private final Platform platform;

  public ImageCallsBackend(Images images, Platform platform) {
    this.images = images;
    this.platform = platform;
  }

  @Override
  public String pull(String text, Optional<RegistryLogin> login, PullListener listener) {
    Reference reference = Reference.parse(text);
    if (reference.toString().equals(EmbeddedImage.REFERENCE)) {
      return importEmbedded(event -> tell(listener, event));
    }
    Optional<Credentials> credentials =
        login.flatMap(given ->
            Credentials.choose(
                given.username(),
                given.password(),
                given.auth(),
                given.identityToken(),
                given.server()));
    return images
        .pull(reference, platform, credentials, event -> tell(listener, event))
        .id()
        .toString();
  }

  private static void tell(PullListener listener, PullEvent event) {
    switch (event) {
      case PullEvent.Resolved resolved ->
          listener.resolved(
              resolved.layers().stream()
                  .map(layer ->
                      new Layer(layer.digest().toString(), LayerState.WAITING, 0, layer.size()))
                  .toList());
      case PullEvent.Layer layer ->
          listener.changed(
              new Layer(
                  layer.layer().toString(),
                  state(layer.phase()),
                  layer.bytesDone(),
                  layer.bytesTotal()));
    }
  }

  private static LayerState state(PullEvent.Phase phase) {
    return switch (phase) {
      case WAITING -> LayerState.WAITING;
      case FETCHING -> LayerState.FETCHING;
      case FINISHING -> LayerState.FINISHING;
      case DONE -> LayerState.DONE;
      case PRESENT -> LayerState.PRESENT;
    };
  }

  private String importEmbedded(PullProgress progress) {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try {
      EmbeddedImage.load().writeTo(tar);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    List<Image> imported =
        images.importTar(
            new ByteArrayInputStream(tar.toByteArray()), Optional.empty(), platform, progress);
    if (imported.isEmpty()) {
      throw Failure.unsupported(EmbeddedImage.REFERENCE + " is not built for " + platform);
    }
    return imported.getFirst().id().toString();
  }

  @Override
  public Optional<NodeImage> find(String reference) {
    return images.find(reference).map(ImageCallsBackend::nodeImage);
  }

  @Override
  public List<NodeImage> list() {
    return images.list().stream().map(ImageCallsBackend::nodeImage).toList();
  }

  private static NodeImage nodeImage(Image image) {
    return new NodeImage(
        image.id().toString(),
        image.tags().stream().map(Object::toString).toList(),
        image.digests().stream().map(Object::toString).toList(),
        image.sizeBytes(),
        image.config().user(),
        image.pinned());
  }

  @Override
  public String configJson(String id) {
    return images.configJson(id);
  }

  @Override
  public void remove(String id) {
    images.remove(id);
  }
}
