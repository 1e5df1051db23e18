package dev.beagle.node.client;

import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.ImageStatusRequest;
import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.cri.v1.PullImageRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Images of a daemon by reference. Thread-safe. */
public final class Images {
  private final CriClient client;

  public Images(CriClient client) {
    this.client = client;
  }

  /** The image, where it is present. */
  public Optional<Image> find(String reference) {
    ImageStatusResponse response =
        client.images(
            CallLimits.QUERY,
            stub ->
                stub.imageStatus(
                    ImageStatusRequest.newBuilder().setImage(spec(reference)).build()));
    return response.hasImage() ? Optional.of(response.getImage()) : Optional.empty();
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

  /** Pulls and returns the id that containers are made with. */
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
