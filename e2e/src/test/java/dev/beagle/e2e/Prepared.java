package dev.beagle.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code tools/prepare.sh} made; where something is missing, the tests that ask are skipped
 * and say what.
 */
record Prepared(Path module, Properties properties) {
  static final JsonMapper JSON = JsonMapper.shared();

  /** Skips the calling test, loudly, if this machine cannot run it. */
  static Prepared orSkip() {
    Path module = Path.of(System.getProperty("beagle.e2e.module", "."));
    String cache = Optional.ofNullable(System.getenv("BEAGLE_CACHE")).orElse(module + "/.cache");
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(cache, "e2e.properties"))) {
      properties.load(reader);
    } catch (IOException e) {
      properties.setProperty("missing", "e2e/tools/prepare.sh has not run: " + e.getMessage());
    }
    String missing = properties.getProperty("missing");
    if (missing == null && !"own".equals(System.getenv("BEAGLE_E2E_MACHINE"))) {
      missing = "the tests' JVM is not on a machine of its own (src/test/sh/bin/java)";
    }
    assumeTrue(missing == null, "e2e skipped: " + missing);
    return new Prepared(module, properties);
  }

  String get(String key) {
    return Optional.ofNullable(properties.getProperty(key))
        .orElseThrow(() -> new IllegalStateException("prepare.sh did not write " + key));
  }

  /**
   * The server is containerd, which proves the tests themselves; only what it can do is asked of
   * it.
   */
  boolean peer() {
    return properties.containsKey("peer");
  }

  /** What is known of an image, by its full name with the tag. */
  JsonNode image(String name) {
    try {
      JsonNode image = JSON.readTree(Files.readString(Path.of(get("images")))).path(name);
      if (image.isMissingNode()) {
        throw new IllegalArgumentException("no image " + name + " in " + get("images"));
      }
      return image;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
