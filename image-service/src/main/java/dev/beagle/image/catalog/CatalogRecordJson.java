package dev.beagle.image.catalog;

import dev.beagle.failure.Failure;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Records as JSON. The version is raised when an older build could not read a new record. */
final class CatalogRecordJson {
  private static final int VERSION = 1;
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private CatalogRecordJson() {}

  static byte[] write(CatalogRecord image) {
    ObjectNode tree = MAPPER.createObjectNode();
    tree.put("version", VERSION);
    tree.put("id", image.id().toString());
    ArrayNode names = tree.putArray("names");
    image.names().entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry ->
            names
                .addObject()
                .put("name", entry.getKey().toString())
                .put("serial", entry.getValue()));
    ArrayNode documents = tree.putArray("documents");
    image.documents().forEach(digest -> documents.add(digest.toString()));
    ArrayNode layers = tree.putArray("layers");
    image
        .layers()
        .forEach(layer ->
            layers
                .addObject()
                .put("diffId", layer.diffId().toString())
                .put("compressedBytes", layer.compressedBytes()));
    tree.put("sizeBytes", image.sizeBytes());
    tree.put("pinned", image.pinned());
    tree.put("removed", image.removed());
    tree.put("pulledAt", image.pulledAt().toString());
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(tree);
  }

  /**
   * @throws Failure CORRUPTED for what is no record; UNSUPPORTED for a newer build's
   */
  static CatalogRecord read(byte[] json) {
    try {
      JsonNode tree = MAPPER.readTree(json);
      int version = tree.required("version").asInt();
      if (version != VERSION) {
        throw Failure.unsupported(
            "an image record has version %d, this build reads %d".formatted(version, VERSION));
      }
      Map<Reference, Long> names = new LinkedHashMap<>();
      for (JsonNode name : tree.required("names")) {
        names.put(
            Reference.parse(name.required("name").asString()), name.required("serial").asLong());
      }
      SequencedSet<Digest> documents = new LinkedHashSet<>();
      for (JsonNode document : tree.required("documents")) {
        documents.add(Digest.parse(document.asString()));
      }
      List<ImageLayer> layers = new ArrayList<>();
      for (JsonNode layer : tree.required("layers")) {
        layers.add(
            new ImageLayer(
                Digest.parse(layer.required("diffId").asString()),
                layer.required("compressedBytes").asLong()));
      }
      return new CatalogRecord(
          Digest.parse(tree.required("id").asString()),
          names,
          documents,
          layers,
          tree.required("sizeBytes").asLong(),
          tree.required("pinned").asBoolean(),
          tree.required("removed").asBoolean(),
          Instant.parse(tree.required("pulledAt").asString()));
    } catch (JacksonException | DateTimeException error) {
      throw Failure.corrupted("an image record is unusable: " + error.getMessage(), error);
    }
  }
}
