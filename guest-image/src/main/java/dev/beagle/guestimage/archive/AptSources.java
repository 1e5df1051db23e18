package dev.beagle.guestimage.archive;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a Debian machine gets its own release from (sources.list(5), both formats): such an archive
 * has the other releases too.
 */
public final class AptSources {
  private static final String COMPONENT = "main";

  private AptSources() {}

  /**
   * The first http or https archive that serves this machine's own release; empty where this is no
   * Debian or nothing is said.
   *
   * @param root "/" but for tests
   */
  public static Optional<URI> archive(Path root) {
    List<String> release = lines(root.resolve("etc/os-release"));
    if (!value(release, "ID").equals("debian")) {
      return Optional.empty();
    }
    String codename = value(release, "VERSION_CODENAME");
    List<Path> files = new ArrayList<>(List.of(root.resolve("etc/apt/sources.list")));
    files.addAll(parts(root.resolve("etc/apt/sources.list.d")));
    return files.stream()
        .flatMap(file -> candidates(file, codename).stream())
        .filter(uri -> uri.matches("https?://[A-Za-z0-9.:_~/%+@-]+"))
        .findFirst()
        .map(URI::create);
  }

  private static List<String> candidates(Path file, String codename) {
    return file.toString().endsWith(".sources")
        ? ofParagraphs(lines(file), codename)
        : ofLines(lines(file), codename);
  }

  /** "deb [signed-by=...] URI SUITE COMPONENT..." */
  private static List<String> ofLines(List<String> lines, String codename) {
    List<String> found = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.replaceFirst("\\[[^\\]]*\\]", "").strip().split("\\s+", -1);
      if (words.length >= 4
          && words[0].equals("deb")
          && words[2].equals(codename)
          && Arrays.asList(words).subList(3, words.length).contains(COMPONENT)) {
        found.add(words[1]);
      }
    }
    return found;
  }

  /** Paragraphs with Types, URIs, Suites, Components. */
  private static List<String> ofParagraphs(List<String> lines, String codename) {
    List<String> found = new ArrayList<>();
    List<String> paragraph = new ArrayList<>();
    List<String> withEnd = new ArrayList<>(lines);
    withEnd.add("");
    for (String line : withEnd) {
      if (line.startsWith("#")) {
        continue;
      }
      if (!line.isBlank()) {
        paragraph.add(line);
        continue;
      }
      if (words(paragraph, "Types").contains("deb")
          && words(paragraph, "Suites").contains(codename)
          && words(paragraph, "Components").contains(COMPONENT)
          && !words(paragraph, "Enabled").contains("no")) {
        found.addAll(words(paragraph, "URIs"));
      }
      paragraph.clear();
    }
    return found;
  }

  private static List<String> words(List<String> paragraph, String field) {
    return paragraph.stream()
        .filter(line -> line.regionMatches(true, 0, field + ":", 0, field.length() + 1))
        .flatMap(
            line -> Arrays.stream(line.substring(field.length() + 1).strip().split("\\s+", -1)))
        .toList();
  }

  private static String value(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).replace("\"", "").strip())
        .findFirst()
        .orElse("");
  }

  private static List<Path> parts(Path folder) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{list,sources}")) {
      files.forEach(found::add);
    } catch (IOException noSuchFolder) {
      return List.of();
    }
    found.sort(null);
    return found;
  }

  /** What cannot be read says nothing. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      return List.of();
    }
  }
}
