package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the small documents of registries and token servers, bounded. */
final class RegistryJson {
  private static final int MAX_SHOWN = 300;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(16)
                          .maxStringLength(256 << 10)
                          .build())
                  .build())
          .build();

  private RegistryJson() {}

  /** The text of a field, empty where the document has none or is no document. */
  static Optional<String> text(byte[] json, String field) {
    return tree(json)
        .map(tree -> tree.path(field))
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .filter(value -> !value.isEmpty());
  }

  /** The first error of an error document (distribution-spec, "Error codes"), else nothing. */
  static String firstError(byte[] json) {
    return tree(json)
        .map(tree -> tree.path("errors").path(0))
        .map(error -> error.path("code").asString("") + " " + error.path("message").asString(""))
        .map(String::strip)
        .map(RegistryJson::printable)
        .orElse("");
  }

  private static Optional<JsonNode> tree(byte[] json) {
    try {
      return Optional.ofNullable(MAPPER.readTree(json));
    } catch (JacksonException notJson) {
      return Optional.empty();
    }
  }

  /** On one line, so that a registry cannot write into logs and terminals. */
  private static String printable(String text) {
    String line = Failure.printable(text);
    return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "...";
  }
}
