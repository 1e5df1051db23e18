package dev.beagle.node.config;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.ConfigKey.BadValue;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * The values that a configuration file sets, by key. Reads the YAML token by token, so that each
 * error names the key's path and its line. Confined to one thread.
 */
final class ConfigFile {
  private final String name;
  private final Map<String, Object> values = new HashMap<>();
  private final Deque<String> sections = new ArrayDeque<>();

  private ConfigFile(String name) {
    this.name = name;
  }

  /**
   * @param name what errors call the file
   * @throws Failure INVALID_ARGUMENT for YAML that does not parse, unknown or repeated keys, values
   *     that are not allowed
   */
  static ConfigFile parse(String name, String yaml) {
    ConfigFile file = new ConfigFile(name);
    try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), yaml)) {
      file.readDocument(parser);
    } catch (JacksonException malformed) {
      int line = malformed.getLocation() == null ? 1 : malformed.getLocation().getLineNr();
      throw file.failure(line, "not YAML: " + firstLine(malformed.getOriginalMessage()));
    }
    return file;
  }

  @SuppressWarnings("unchecked") // values are only put there by the key's own reader
  <T> Optional<T> find(ConfigKey<T> key) {
    return Optional.ofNullable((T) values.get(key.path()));
  }

  private void readDocument(JsonParser parser) {
    JsonToken first = parser.nextToken();
    if (first == null || first == JsonToken.VALUE_NULL) {
      return;
    }
    if (first != JsonToken.START_OBJECT) {
      throw failure(
          line(parser), "expected keys and values, like `log:` and below it `level: info`");
    }
    readSection(parser);
    if (parser.nextToken() != null) {
      throw failure(line(parser), "one document expected, a second one begins here");
    }
  }

  private void readSection(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String path = path(parser.currentName());
      int line = line(parser);
      switch (parser.nextToken()) {
        case START_OBJECT -> {
          requireSection(path, line);
          sections.addLast(parser.currentName());
          readSection(parser);
          sections.removeLast();
        }
        case START_ARRAY -> throw failure(line, path + ": a list is not expected here");
        case VALUE_NULL -> requireKnown(path, line);
        default -> readValue(path, line, parser.getString());
      }
    }
  }

  private void readValue(String path, int line, @Nullable String text) {
    ConfigKey<?> key = requireKnown(path, line);
    if (key == null) {
      throw failure(line, path + ": is a section; its keys go below it, indented");
    }
    try {
      if (values.put(path, key.reader().read(text == null ? "" : text)) != null) {
        throw failure(line, path + ": set twice");
      }
    } catch (BadValue bad) {
      throw failure(line, path + ": \"" + text + "\" must be " + bad.allowed());
    }
  }

  private void requireSection(String path, int line) {
    if (requireKnown(path, line) != null) {
      throw failure(line, path + ": takes a value, not a section");
    }
  }

  /** The key of that path, null when the path is a section. */
  private @Nullable ConfigKey<?> requireKnown(String path, int line) {
    for (ConfigKey<?> key : ConfigKeys.ALL) {
      if (key.path().equals(path)) {
        return key;
      }
    }
    if (ConfigKeys.ALL.stream().anyMatch(key -> key.path().startsWith(path + "."))) {
      return null;
    }
    throw failure(
        line, path + ": no such key; did you mean " + nearest(path) + "? (docs/configuration.md)");
  }

  private static String nearest(String path) {
    return ConfigKeys.ALL.stream()
        .map(ConfigKey::path)
        .min(Comparator.comparingInt(known -> EditDistance.between(known, path)))
        .orElseThrow();
  }

  private String path(String leaf) {
    StringBuilder path = new StringBuilder();
    for (Iterator<String> section = sections.iterator(); section.hasNext(); ) {
      path.append(section.next()).append('.');
    }
    return path.append(leaf).toString();
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }

  private Failure failure(int line, String problem) {
    return Failure.invalidArgument(name + ", line " + line + ": " + problem);
  }
}
