package dev.beagle.node.client;

import dev.beagle.cri.node.v1.PullImageResponse;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.ImageStatusRequest;
import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.cri.v1.PullImageRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Images of a daemon by reference. Thread-safe. */
public final class Images {
  private final CriClient client;

  public Images(CriClient client) {
    this.client = client;
  }

  /** The image, where it is present. */
  public Optional<Image> find(String reference) {
    return status(reference).map(ImageStatusResponse::getImage);
  }

  /** What the daemon knows of the image, where it is present; with its configuration as "info". */
  public Optional<ImageStatusResponse> status(String reference) {
    ImageStatusResponse response =
        client.images(
            CallLimits.QUERY,
            stub ->
                stub.imageStatus(
                    ImageStatusRequest.newBuilder()
                        .setImage(spec(reference))
                        .setVerbose(true)
                        .build()));
    return Optional.of(response).filter(ImageStatusResponse::hasImage);
  }

  /** Ids to the first name of each image that has one. */
  public Map<String, String> names() {
    Map<String, String> names = new HashMap<>();
    client
        .images(
            CallLimits.QUERY,
            stub -> stub.listImages(ListImagesRequest.getDefaultInstance()).getImagesList())
        .stream()
        .filter(image -> image.getRepoTagsCount() > 0)
        .forEach(image -> names.put(image.getId(), image.getRepoTags(0)));
    return names;
  }

  /**
   * Pulls and returns the id that containers are made with.
   *
   * @param listener hears how far it is, on the calling thread; of a daemon that is too old to tell
   *     it hears nothing
   */
  public String pull(String reference, Consumer<PullProgress> listener) {
    try {
      return client.node(
          CallLimits.PULL,
          stub ->
              follow(
                  stub.pullImage(
                      dev.beagle.cri.node.v1.PullImageRequest.newBuilder()
                          .setImage(reference)
                          .build()),
                  listener));
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.UNSUPPORTED) {
        return pull(reference);
      }
      throw failure;
    }
  }

  private static String follow(
      Iterator<PullImageResponse> events, Consumer<PullProgress> listener) {
    while (events.hasNext()) {
      PullImageResponse event = events.next();
      if (event.hasImageRef()) {
        return event.getImageRef();
      }
      listener.accept(event.getProgress());
    }
    throw Failure.corrupted("the pull ended without naming an image");
  }

  /** As the other, in silence. */
  public String pull(String reference) {
    return client.images(
        CallLimits.PULL,
        stub ->
            stub.pullImage(PullImageRequest.newBuilder().setImage(spec(reference)).build())
                .getImageRef());
  }

  /** An image as the CRI names it. */
  public static ImageSpec spec(String reference) {
    return ImageSpec.newBuilder().setImage(reference).setUserSpecifiedImage(reference).build();
  }
}
