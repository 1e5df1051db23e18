package dev.beagle.node.config;

/** {@code docs/configuration.md}: written from the keys, held against them by a test. */
final class ConfigDocument {
  private ConfigDocument() {}

  static String markdown() {
    StringBuilder text =
        new StringBuilder(
            """
            # Configuration

            `beagle daemon --config FILE` reads one YAML file. Every key is optional; an unknown key is an error that
            names the nearest known one. `--root` and `--run` on the command line win over the file. A dotted key is a
            section: `network.podCidr` is written as

            ```yaml
            network:
              podCidr: 10.88.0.0/16
            ```

            This page is generated from the code and a test holds it against it.

            | key | meaning | default |
            |---|---|---|
            """);
    for (ConfigKey<?> key : ConfigKeys.ALL) {
      text.append("| `")
          .append(key.path())
          .append("` | ")
          .append(key.meaning())
          .append(" | ")
          .append(key.shownDefault())
          .append(" |\n");
    }
    return text.toString();
  }
}
