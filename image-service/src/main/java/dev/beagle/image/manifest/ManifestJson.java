package dev.beagle.image.manifest;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Manifest.ImageIndex;
import dev.beagle.image.manifest.Manifest.ImageManifest;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads indexes and manifests. */
public final class ManifestJson {
  private static final int MAX_ENTRIES = 10_000;
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private ManifestJson() {}

  /**
   * Reads a document whose digest was checked.
   *
   * @param declared what the descriptor or the registry calls it; the document's own {@code
   *     mediaType}, where it has one, must agree, so that one content cannot be read in two ways
   * @throws Failure CORRUPTED for what is no such document; UNSUPPORTED for Docker's schema 1 and
   *     for artifacts that are no images
   */
  public static Manifest parse(byte[] json, MediaType declared) {
    BoundedJson reader = new BoundedJson("manifest " + Digest.of(json));
    JsonNode tree = reader.read(json);
    MediaType type = typeOf(reader, tree, declared);
    if (type.isIndex()) {
      return index(reader, tree);
    }
    if (type.isManifest()) {
      return manifest(reader, tree);
    }
    throw Failure.unsupported(
        "manifest %s is of type %s, neither an image nor an index of images"
            .formatted(Digest.of(json), type));
  }

  /** The manifest as OCI JSON; the same manifest gives the same bytes. */
  public static byte[] write(ImageManifest manifest) {
    ObjectNode tree = MAPPER.createObjectNode();
    tree.put("schemaVersion", 2);
    tree.put("mediaType", MediaType.OCI_MANIFEST.value());
    write(manifest.config(), tree.putObject("config"));
    ArrayNode layers = tree.putArray("layers");
    manifest.layers().forEach(layer -> write(layer, layers.addObject()));
    return MAPPER.writeValueAsBytes(tree);
  }

  private static void write(Descriptor descriptor, ObjectNode into) {
    into.put("mediaType", descriptor.mediaType().value());
    into.put("digest", descriptor.digest().toString());
    into.put("size", descriptor.size());
  }

  private static MediaType typeOf(BoundedJson reader, JsonNode tree, MediaType declared) {
    if (tree.path("schemaVersion").asInt(2) == 1) {
      throw Failure.unsupported(
          "the image has a manifest of Docker's schema 1, which is long withdrawn: push it again"
              + " with a current client");
    }
    if (tree.has("manifests") && tree.has("layers")) {
      throw reader.broken("it has both \"manifests\" and \"layers\"");
    }
    String own = reader.text(tree, "mediaType");
    boolean known = declared.isIndex() || declared.isManifest();
    if (own.isEmpty()) {
      if (known) {
        return declared;
      }
      // Content types such as application/json come from static file servers.
      return tree.has("manifests") ? MediaType.OCI_INDEX : MediaType.OCI_MANIFEST;
    }
    MediaType type = reader.mediaType(own);
    if (known && !type.equals(declared)) {
      throw reader.broken("it calls itself %s, but came as %s".formatted(type, declared));
    }
    return type;
  }

  private static ImageIndex index(BoundedJson reader, JsonNode tree) {
    List<Descriptor> manifests = new ArrayList<>();
    for (JsonNode entry : reader.elements(tree, "manifests", MAX_ENTRIES)) {
      manifests.add(descriptor(reader, entry));
    }
    return new ImageIndex(manifests);
  }

  private static ImageManifest manifest(BoundedJson reader, JsonNode tree) {
    JsonNode config = tree.path("config");
    if (!config.isObject()) {
      throw reader.broken("\"config\" is missing");
    }
    List<Descriptor> layers = new ArrayList<>();
    for (JsonNode entry : reader.elements(tree, "layers", MAX_ENTRIES)) {
      layers.add(descriptor(reader, entry));
    }
    return new ImageManifest(descriptor(reader, config), layers);
  }

  private static Descriptor descriptor(BoundedJson reader, JsonNode entry) {
    if (!entry.isObject()) {
      throw reader.broken("a descriptor is no object");
    }
    JsonNode platform = reader.object(entry, "platform");
    return new Descriptor(
        reader.mediaType(reader.requireText(entry, "mediaType")),
        reader.digest(reader.requireText(entry, "digest")),
        reader.requireSize(entry, "size"),
        platform.isEmpty() ? Optional.empty() : Optional.of(platform(reader, platform)),
        reader.textMap(entry, "annotations"));
  }

  private static Platform platform(BoundedJson reader, JsonNode platform) {
    try {
      return new Platform(
          reader.text(platform, "os"),
          reader.text(platform, "architecture"),
          reader.text(platform, "variant"));
    } catch (Failure invalid) {
      throw reader.broken(invalid.reason());
    }
  }
}
