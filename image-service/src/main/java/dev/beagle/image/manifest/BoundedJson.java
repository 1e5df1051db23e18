package dev.beagle.image.manifest;

import dev.beagle.failure.Failure;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON that came from outside into trees and checked values; everything that is wrong is
 * CORRUPTED and names the document and the field. Immutable.
 */
final class BoundedJson {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_TEXT = 1 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_TEXT)
                          .maxNameLength(8192)
                          .maxNumberLength(64)
                          .maxDocumentLength(Manifest.MAX_BYTES)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final String document;

  /**
   * @param document how messages call it, for instance "manifest sha256:..."
   */
  BoundedJson(String document) {
    this.document = document;
  }

  /** An object. */
  JsonNode read(byte[] json) {
    JsonNode tree = parse(json);
    if (!tree.isObject()) {
      throw broken("it is no JSON object");
    }
    return tree;
  }

  /** The objects of an array. */
  List<JsonNode> readArray(byte[] json, int limit) {
    JsonNode tree = parse(json);
    if (!tree.isArray() || tree.size() > limit) {
      throw broken("it is no JSON array of up to " + limit + " elements");
    }
    List<JsonNode> elements = new ArrayList<>();
    for (JsonNode element : tree) {
      if (!element.isObject()) {
        throw broken("it holds something that is no object");
      }
      elements.add(element);
    }
    return elements;
  }

  private JsonNode parse(byte[] json) {
    if (json.length > Manifest.MAX_BYTES) {
      throw broken("it is larger than " + Manifest.MAX_BYTES + " bytes");
    }
    try {
      return MAPPER.readTree(json);
    } catch (JacksonException error) {
      throw Failure.corrupted(
          document + " is unusable: " + shorten(error.getOriginalMessage()), error);
    }
  }

  /** Documents from outside do not fill our logs. */
  private static String shorten(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }

  /** An empty text where the field is missing or null. */
  String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isString()) {
      throw broken("\"" + field + "\" is no text");
    }
    return value.stringValue();
  }

  String requireText(JsonNode object, String field) {
    String value = text(object, field);
    if (value.isEmpty()) {
      throw broken("\"" + field + "\" is missing");
    }
    return value;
  }

  long requireSize(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw broken("\"" + field + "\" is no size in bytes");
    }
    return value.longValue();
  }

  /** The elements of an array, none where it is missing or null. */
  List<JsonNode> elements(JsonNode object, String field, int limit) {
    JsonNode value = object.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw broken("\"" + field + "\" is no array");
    }
    if (value.size() > limit) {
      throw broken("\"%s\" has %d elements, more than %d".formatted(field, value.size(), limit));
    }
    List<JsonNode> elements = new ArrayList<>(value.size());
    value.forEach(elements::add);
    return elements;
  }

  List<String> texts(JsonNode object, String field, int limit) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : elements(object, field, limit)) {
      if (!element.isString()) {
        throw broken("\"" + field + "\" holds something that is no text");
      }
      texts.add(element.stringValue());
    }
    return texts;
  }

  /** The names of an object's fields, none where it is missing or null. */
  List<String> names(JsonNode object, String field) {
    return List.copyOf(object(object, field).propertyNames());
  }

  Map<String, String> textMap(JsonNode object, String field) {
    JsonNode value = object(object, field);
    Map<String, String> map = new LinkedHashMap<>();
    for (String name : value.propertyNames()) {
      map.put(name, text(value, name));
    }
    return map;
  }

  /** The nested object, an empty one where it is missing or null. */
  JsonNode object(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return MAPPER.createObjectNode();
    }
    if (!value.isObject()) {
      throw broken("\"" + field + "\" is no object");
    }
    return value;
  }

  Digest digest(String text) {
    return Digest.find(text).orElseThrow(() -> broken("\"" + shorten(text) + "\" is no digest"));
  }

  MediaType mediaType(String text) {
    return MediaType.ofHeader(text)
        .orElseThrow(() -> broken("\"" + shorten(text) + "\" is no media type"));
  }

  Failure broken(String reason) {
    return Failure.corrupted(document + " is unusable: " + reason);
  }
}
