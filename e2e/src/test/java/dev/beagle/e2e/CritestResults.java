package dev.beagle.e2e;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** critest's results as the Markdown file that is kept in the repository, both ways. */
final class CritestResults {
  static final String PASSED = "passed";

  private CritestResults() {}

  static String write(String writer, String version, Map<String, String> results) {
    Map<String, Long> counts =
        results.values().stream()
            .collect(Collectors.groupingBy(state -> state, TreeMap::new, Collectors.counting()));
    StringBuilder text = new StringBuilder("# critest " + version + "\n\n");
    text.append(
        "Written by `%s`; a spec that is `passed` here may not become anything else.\n\n"
            .formatted(writer));
    text.append(
        counts.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", ")));
    text.append(" of ").append(results.size()).append("\n\n| result | spec |\n|---|---|\n");
    results.forEach((name, state) ->
        text.append("| ")
            .append(state)
            .append(" | ")
            .append(name.replace("|", "\\|"))
            .append(" |\n"));
    return text.toString();
  }

  static Map<String, String> read(String text) {
    Map<String, String> results = new TreeMap<>();
    text.lines()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| result |"))
        .forEach(line -> {
          int bar = line.indexOf(" | ");
          results.put(
              line.substring(bar + 3, line.length() - 2).replace("\\|", "|"),
              line.substring(2, bar));
        });
    return results;
  }

  /** Specs that passed and do not now; one that is not there any more counts too. */
  static List<String> regressions(Map<String, String> before, Map<String, String> now) {
    return before.entrySet().stream()
        .filter(entry -> entry.getValue().equals(PASSED))
        .filter(entry -> !PASSED.equals(now.get(entry.getKey())))
        .map(entry -> entry.getKey() + ": " + now.getOrDefault(entry.getKey(), "absent"))
        .toList();
  }
}
