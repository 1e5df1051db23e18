package dev.beagle.image.manifest;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads the {@code manifest.json} of what {@code docker save} writes. */
public final class DockerArchiveJson {
  private static final int MAX_IMAGES = 1000;

  private DockerArchiveJson() {}

  /**
   * @throws dev.beagle.failure.Failure CORRUPTED naming the field that is wrong
   */
  public static List<SavedImage> parse(byte[] json) {
    BoundedJson reader = new BoundedJson("manifest.json of the image archive");
    List<SavedImage> images = new ArrayList<>();
    for (JsonNode entry : reader.readArray(json, MAX_IMAGES)) {
      images.add(
          new SavedImage(
              reader.requireText(entry, "Config"),
              reader.texts(entry, "RepoTags", MAX_IMAGES),
              reader.texts(entry, "Layers", Manifest.ImageManifest.MAX_LAYERS)));
    }
    return images;
  }

  /**
   * One image; files by their names in the archive.
   *
   * @param layers lowest first
   */
  public record SavedImage(String config, List<String> tags, List<String> layers) {
    public SavedImage {
      tags = List.copyOf(tags);
      layers = List.copyOf(layers);
    }
  }
}
