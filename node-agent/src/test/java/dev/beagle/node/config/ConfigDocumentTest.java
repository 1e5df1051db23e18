package dev.beagle.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigDocumentTest {
  private static final Path DOCUMENT = Path.of("../docs/configuration.md");

  /** The page is written anew by the test, so that a second run, or git, shows the difference. */
  @Test
  void theDocumentedKeysAreTheKeys() throws IOException {
    String written = Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "";
    if (!written.equals(ConfigDocument.markdown())) {
      Files.createDirectories(DOCUMENT.getParent());
      Files.writeString(DOCUMENT, ConfigDocument.markdown());
    }
    assertThat(written)
        .as("docs/configuration.md (rewritten now)")
        .isEqualTo(ConfigDocument.markdown());
  }
}
