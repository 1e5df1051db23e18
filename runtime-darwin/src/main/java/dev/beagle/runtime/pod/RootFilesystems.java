package dev.beagle.runtime.pod;

/** What the core needs of an image store. */
public interface RootFilesystems {
  /**
   * The image's file system, kept from the collector until closed.
   *
   * @param imageId the image's id
   * @throws dev.beagle.failure.Failure NOT_FOUND for an image that is not on this node
   */
  RootFilesystem open(String imageId);
}
