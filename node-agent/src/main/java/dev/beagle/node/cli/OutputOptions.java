package dev.beagle.node.cli;

import picocli.CommandLine.Option;

/** {@code -o json}, for every command that lists. */
final class OutputOptions {
  /** What a listing looks like. */
  enum Format {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table or json.")
  Format format = Format.TABLE;

  boolean json() {
    return format == Format.JSON;
  }
}
