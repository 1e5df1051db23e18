package dev.beagle.image.pull;

import dev.beagle.image.registry.RegistrySettings;
import java.nio.file.Path;

/**
 * Where images are kept and what they may take.
 *
 * @param folder ours alone
 * @param layersAtOnce fetched and converted at the same time on the whole node
 * @param maxLayerBytes of one layer's unpacked tar, and of one archive's files
 */
public record ImagesSettings(
    Path folder, RegistrySettings registry, int layersAtOnce, long maxLayerBytes) {
  public static ImagesSettings defaults(Path folder) {
    return new ImagesSettings(folder, RegistrySettings.defaults(), 4, 64L << 30);
  }

  public ImagesSettings withRegistry(RegistrySettings changed) {
    return new ImagesSettings(folder, changed, layersAtOnce, maxLayerBytes);
  }
}
