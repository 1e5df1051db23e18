package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a suite's Release file says (the Debian wiki's "RepositoryFormat"): who it is, when it was
 * made, and the checksums of its indexes.
 *
 * @param suite "stable"; a name that moves
 * @param codename "trixie"
 * @param version "13.7"; empty where it has none
 * @param validUntil empty for suites that do not say
 * @param byHash whether indexes are served by their checksums too
 * @param indexes by path below the suite's folder
 */
record ReleaseIndex(
    String suite,
    String codename,
    String version,
    Instant date,
    Optional<Instant> validUntil,
    boolean byHash,
    Map<String, Checked> indexes) {
  /** A file that is known before it is there. */
  record Checked(Sha256 sha256, long sizeBytes) {}

  private static final Set<String> FIELDS =
      Set.of("Suite", "Codename", "Version", "Date", "Valid-Until", "Acquire-By-Hash", "SHA256");

  /** "Sat, 12 Sep 2026 07:55:41 UTC" */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy H:mm:ss zzz", Locale.ENGLISH);

  ReleaseIndex {
    indexes = Map.copyOf(indexes);
  }

  /**
   * @throws Failure CORRUPTED
   */
  static ReleaseIndex parse(List<String> lines) {
    byte[] text = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    Map<String, String> fields;
    try {
      fields =
          new ControlFields(new ByteArrayInputStream(text), FIELDS)
              .next()
              .orElseThrow(() -> Failure.corrupted("it is empty"));
    } catch (IOException error) {
      throw new IllegalStateException(error); // from memory
    }
    return new ReleaseIndex(
        fields.getOrDefault("Suite", ""),
        fields.getOrDefault("Codename", ""),
        fields.getOrDefault("Version", ""),
        date(fields, "Date").orElseThrow(() -> Failure.corrupted("it has no Date")),
        date(fields, "Valid-Until"),
        fields.getOrDefault("Acquire-By-Hash", "").equals("yes"),
        indexes(fields.getOrDefault("SHA256", "")));
  }

  private static Optional<Instant> date(Map<String, String> fields, String name) {
    String text = fields.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(ZonedDateTime.parse(text, DATE).toInstant());
    } catch (DateTimeParseException error) {
      throw Failure.corrupted("its %s is no date: %s".formatted(name, text), error);
    }
  }

  /** Lines of checksum, size and path. */
  private static Map<String, Checked> indexes(String text) {
    Map<String, Checked> found = new HashMap<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.isEmpty()) {
        continue;
      }
      String[] words = line.split("\\s+", -1);
      if (words.length != 3 || !words[1].matches("[0-9]{1,15}")) {
        throw Failure.corrupted("a checksum cannot be read: " + Failure.shown(line));
      }
      found.put(words[2], new Checked(new Sha256(words[0]), Long.parseLong(words[1])));
    }
    return found;
  }

  /**
   * @throws Failure NOT_FOUND
   */
  Checked index(String path) {
    Checked found = indexes.get(path);
    if (found == null) {
      throw Failure.notFound("index", path + " of suite " + codename);
    }
    return found;
  }
}
