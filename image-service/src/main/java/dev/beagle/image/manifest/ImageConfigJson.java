package dev.beagle.image.manifest;

import dev.beagle.failure.Failure;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Platform;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Reads image configs. */
public final class ImageConfigJson {
  private static final int MAX_ENTRIES = 100_000;

  private ImageConfigJson() {}

  /**
   * Reads a config whose digest was checked.
   *
   * @throws Failure CORRUPTED naming the field that is wrong
   */
  public static ImageConfig parse(byte[] json) {
    BoundedJson reader = new BoundedJson("image config " + Digest.of(json));
    JsonNode tree = reader.read(json);
    JsonNode config = reader.object(tree, "config");
    return new ImageConfig(
        platform(reader, tree),
        created(reader.text(tree, "created")),
        reader.text(config, "User"),
        reader.texts(config, "Env", MAX_ENTRIES),
        reader.texts(config, "Entrypoint", MAX_ENTRIES),
        reader.texts(config, "Cmd", MAX_ENTRIES),
        reader.text(config, "WorkingDir"),
        reader.text(config, "StopSignal"),
        reader.names(config, "Volumes"),
        reader.names(config, "ExposedPorts"),
        reader.textMap(config, "Labels"),
        diffIds(reader, tree));
  }

  private static Platform platform(BoundedJson reader, JsonNode tree) {
    try {
      return new Platform(
          reader.requireText(tree, "os"),
          reader.requireText(tree, "architecture"),
          reader.text(tree, "variant"));
    } catch (Failure invalid) {
      throw reader.broken(invalid.reason());
    }
  }

  /** Informative, so what cannot be read counts as absent. */
  private static Optional<Instant> created(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException unreadable) {
      return Optional.empty();
    }
  }

  private static List<Digest> diffIds(BoundedJson reader, JsonNode tree) {
    JsonNode rootfs = reader.object(tree, "rootfs");
    if (!rootfs.isEmpty() && !reader.text(rootfs, "type").equals("layers")) {
      throw reader.broken("\"rootfs.type\" is not \"layers\"");
    }
    return reader.texts(rootfs, "diff_ids", Manifest.ImageManifest.MAX_LAYERS).stream()
        .map(reader::digest)
        .toList();
  }
}
