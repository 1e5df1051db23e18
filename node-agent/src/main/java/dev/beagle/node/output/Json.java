package dev.beagle.node.output;

import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The {@code -o json} of every command: records as they are, indented. */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}

  public static void print(Console console, Object value) {
    console.line(MAPPER.writeValueAsString(value));
  }
}
