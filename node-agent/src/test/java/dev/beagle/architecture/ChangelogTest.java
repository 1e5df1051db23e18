package dev.beagle.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The changelog is in the form of keepachangelog.com 1.1, so that programs can read it too. */
final class ChangelogTest {
  private static final Pattern RELEASE =
      Pattern.compile("## \\[(\\d+\\.\\d+\\.\\d+)\\] - (\\d{4}-\\d{2}-\\d{2})");

  /** The form's own kinds of change, and what a release does not do yet. */
  private static final Pattern KIND =
      Pattern.compile("### (Added|Changed|Deprecated|Removed|Fixed|Security|Known limits)");

  private static final Pattern LINK = Pattern.compile("\\[[^]]+]: \\S+");

  /** A version and its day. */
  private record Release(List<Integer> version, LocalDate day) {
    static final Comparator<Release> OLDEST_FIRST =
        Comparator.<Release, Integer>comparing(release -> release.version().get(0))
            .thenComparing(release -> release.version().get(1))
            .thenComparing(release -> release.version().get(2));
  }

  @Test
  void theChangelogParsesNewestFirst() throws IOException {
    Path file = SourceTree.repository().resolve("CHANGELOG.md");
    assumeTrue(Files.exists(file), "there is no CHANGELOG.md");

    List<Release> releases = parse(Files.readAllLines(file));

    for (int i = 1; i < releases.size(); i++) {
      assertThat(Release.OLDEST_FIRST.compare(releases.get(i), releases.get(i - 1))).isNegative();
      assertThat(releases.get(i).day()).isBeforeOrEqualTo(releases.get(i - 1).day());
    }
  }

  @Test
  void aLineOutOfPlaceIsNamed() {
    assertThatThrownBy(() -> parse(List.of("# Changelog", "## [Unreleased]", "- an entry")))
        .hasMessageContaining("line 3");
    assertThatThrownBy(() -> parse(List.of("# Changelog", "## 0.1.0 (today)")))
        .hasMessageContaining("line 2");
    assertThat(parse(List.of("# Changelog", "", "## [0.1.0] - 2026-01-02", "### Added", "- pods")))
        .hasSize(1);
  }

  private static List<Release> parse(List<String> lines) {
    assertThat(lines.getFirst()).isEqualTo("# Changelog");
    List<Release> releases = new ArrayList<>();
    boolean inRelease = false;
    boolean inKind = false;
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      Matcher release = RELEASE.matcher(line);
      if (release.matches()) {
        releases.add(
            new Release(
                Pattern.compile("\\.")
                    .splitAsStream(release.group(1))
                    .map(Integer::valueOf)
                    .toList(),
                LocalDate.parse(release.group(2))));
      }
      boolean heading = release.matches() || line.equals("## [Unreleased]");
      boolean kind = inRelease && KIND.matcher(line).matches();
      boolean entry = inKind && (line.startsWith("- ") || line.startsWith("  "));
      boolean introduction = !inKind && !line.startsWith("#") && !line.startsWith("- ");
      boolean anywhere = line.isBlank() || LINK.matcher(line).matches();
      assertThat(heading || kind || entry || introduction || anywhere)
          .as("CHANGELOG.md line %d: %s", i + 1, line)
          .isTrue();
      inRelease |= heading;
      inKind = kind || (inKind && !heading);
    }
    return releases;
  }
}
